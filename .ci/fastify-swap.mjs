// Preloaded by fastify-range: whoever imports or requires fastify gets the copy in FASTIFY_FOLDER.
import Module, { register } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

const folder = process.env.FASTIFY_FOLDER
const main = join(folder, 'fastify.js')
const hooks = `
export const resolve = (specifier, context, next) =>
  specifier === 'fastify' ? { url: ${JSON.stringify(pathToFileURL(main).href)}, format: 'commonjs', shortCircuit: true } : next(specifier, context)
`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)

const resolveFilename = Module._resolveFilename
Module._resolveFilename = (request, ...rest) =>
  resolveFilename.call(Module, request === 'fastify' ? main : request, ...rest)
