import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import t from 'tap'
import { root } from './manual.js'

// The map of the source and the directions of imports are held against the tree.

function foldersIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => [`${folder}/${name}`, ...foldersIn(`${folder}/${name}`)])
}

t.test('the map names every folder of the source', async (t) => {
  const map = readFileSync(join(root, 'src/README.md'), 'utf8')
  const folders = foldersIn('src')
  t.ok(folders.includes('src/core/jwks'))
  for (const folder of folders) {
    // The rooms of the core stand in a table of their own, by their names in it.
    const name = posix.relative(folder.startsWith('src/core/') ? 'src/core' : 'src', folder)
    t.ok(map.includes(`\`${name}/\``), folder)
  }
})

t.test('the directions of imports speak of folders and files that exist', async (t) => {
  const { overrides } = JSON.parse(readFileSync(join(root, '.ci/import-rules.json'), 'utf8')) as {
    overrides: { includes: string[] }[]
  }
  const paths = overrides.flatMap(({ includes }) => includes).map((glob) => glob.replace(/^!?\*\*\//, ''))
  const named = new Set(paths.map((path) => path.replace(/(\/\*.*)$/, '')))
  t.ok(named.has('src/core/jwks'))
  for (const path of named) t.ok(existsSync(join(root, path)), path)
})
