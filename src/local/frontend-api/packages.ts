import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { helpAt } from '../../core/help-page.js'
import type { Handler } from '../state.js'
import { notFound } from './answers.js'

/** What of the project's packages FAPI hands out: clerk-js and its components, as the installed versions have them. */
const PACKAGES = ['clerk-js', 'ui']

const FILE_NAME = /^[\w-][\w.-]*\.js$/

/**
 * `GET /npm/@clerk/:package/dist/:file`: a script of `@clerk/clerk-js` or `@clerk/ui` out of `node_modules` of the
 * working directory, whichever version the path asks for.
 */
export const showPackageFile: Handler = async ({ params }) => {
  const { package: wanted = '', file = '' } = params
  const name = wanted.replace(/@.*$/, '')
  if (!PACKAGES.includes(name) || !FILE_NAME.test(file))
    return notFound('FAPI has scripts of @clerk/clerk-js and @clerk/ui')
  const folder = distFolder(`@clerk/${name}`)
  if (folder === null) return missing(`@clerk/${name}`)
  try {
    const text = await readFile(join(folder, file), 'utf8')
    return new Response(text, {
      headers: {
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff'
      }
    })
  } catch {
    return notFound(`The installed @clerk/${name} has no such file`)
  }
}

/** The folder of the entry point: the packages do not export their package.json, by which they would be found. */
function distFolder(name: string): string | null {
  try {
    const folder = dirname(createRequire(join(process.cwd(), 'package.json')).resolve(name))
    return basename(folder) === 'dist' ? folder : null
  } catch {
    return null
  }
}

const CODE = 'FST_CLERK_LOCAL_PACKAGE'
const warned = new Set<string>()

/** A page cannot show why its script did not load: the console of the server says it too, once. */
function missing(name: string): Response {
  const message = `${name} is not installed where the local Clerk runs: npm install --save-dev ${name}`
  if (!warned.has(name)) process.emitWarning(message, { code: CODE, detail: `See ${helpAt(CODE)}` })
  warned.add(name)
  return notFound(message)
}
