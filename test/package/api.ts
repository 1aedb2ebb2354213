// The public interface, compared with the copy of it in api/, so that a change of it shows in review: every declaration of
// dist/ without its comments. `npm run api` stores what the build has.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from '@typescript/typescript6'
import t from 'tap'
import { bin } from './consumer-folder.js'

const stored = 'test/package/api'
const built = '.build/api'

writeDeclarations(built)
if (process.argv[2] === '--update') {
  rmSync(stored, { recursive: true, force: true })
  cpSync(built, stored, { recursive: true })
}

t.test('the declarations are those that are stored; npm run api stores them anew', async (t) => {
  t.same(filesOf(stored), filesOf(built))
  for (const file of filesOf(built)) t.equal(textOf(built, file), textOf(stored, file), file)
})

function writeDeclarations(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  const printer = ts.createPrinter({ removeComments: true })
  for (const file of filesOf('dist').filter((name) => name.endsWith('.d.cts'))) {
    const source = ts.createSourceFile(file, textOf('dist', file), ts.ScriptTarget.Latest)
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), printer.printFile(source))
  }
  // One name a line, in the style of the repository: else a new name would change a line of all of them.
  const { status, stderr } = spawnSync(bin('biome'), ['format', '--config-path=.ci', '--write', folder], {
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(stderr)
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}

function textOf(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'utf8')
}
