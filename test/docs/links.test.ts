import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import t from 'tap'
import { anchors, manual, manuals, relativeLinks, root } from './manual.js'

// Every link works both in the repository and in the tarball.

const { NODE_OPTIONS: _, ...environment } = process.env
const listing = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: root,
  encoding: 'utf8',
  env: environment
})
const [archive] = JSON.parse(listing.stdout) as [{ files: { path: string }[] }]
const packed = new Set(archive.files.map((file) => file.path))

t.test('every manual is in the tarball, once', async (t) => {
  const texts = [...packed].filter((path) => path.endsWith('.md'))
  t.strictSame(texts.sort(), manuals.map(({ path }) => path).sort())
})

for (const text of manuals) {
  t.test(`links of ${text.path} lead to a packed file, and to a heading that it has`, async (t) => {
    for (const link of relativeLinks(text)) {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? text.path : posix.join(posix.dirname(text.path), path)
      t.ok(packed.has(target), `${link} is packed`)
      if (anchor !== undefined && packed.has(target)) t.ok(anchors(manual(target)).has(anchor), link)
    }
  })
}

t.test('scripts that the manuals name exist', async (t) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const { path, text } of manuals) {
    for (const [, name = ''] of text.matchAll(/npm run (?:--silent )?([\w:]+)/g)) {
      t.ok(name in scripts, `npm run ${name} in ${path}`)
    }
  }
})

t.test('files that the manuals name are there, from the root or from the folder of the manual', async (t) => {
  for (const { path, text } of manuals) {
    for (const [, name = ''] of text.matchAll(/`((?:\.?\w[\w.-]*\/)+[\w.-]+\.(?:ts|mjs|json|md))`/g)) {
      const places = [name, posix.join(posix.dirname(path), name)]
      t.ok(
        places.some((place) => existsSync(join(root, place))),
        `${name} in ${path}`
      )
    }
  }
})
