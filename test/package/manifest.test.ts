import { readFileSync } from 'node:fs'
import t from 'tap'

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))

t.test('runtime dependencies are the few that the README argues for', async (t) => {
  t.same(Object.keys(manifest.dependencies).sort(), ['@fastify/error', 'fastify-plugin', 'lru-cache', 'path-to-regexp'])
})

t.test('every peer but Fastify is optional', async (t) => {
  for (const peer of Object.keys(manifest.peerDependencies)) {
    if (peer === 'fastify') continue
    t.equal(manifest.peerDependenciesMeta[peer]?.optional, true, peer)
  }
})

t.test('every entry is there for import, for require, and for resolvers that know no exports', async (t) => {
  for (const [path, conditions] of Object.entries<Record<string, object>>(manifest.exports)) {
    if (typeof conditions === 'string') continue
    const file = `./dist${path.slice(1)}/index`
    t.strictSame(conditions, {
      import: { types: `${file}.d.ts`, default: `${file}.js` },
      require: { types: `${file}.d.cts`, default: `${file}.cjs` }
    })
    // Resolvers take the first condition that matches.
    for (const [name, targets] of Object.entries(conditions))
      t.equal(Object.keys(targets)[0], 'types', `${path} ${name}`)
    if (path !== '.') t.strictSame(manifest.typesVersions['*'][path.slice(2)], [`${file}.d.cts`], path)
  }
  t.match(manifest, { main: './dist/index.cjs', types: './dist/index.d.cts' })
})

t.test('the lock file names no registry', async (t) => {
  t.same(
    Object.values<{ resolved?: string }>(lock.packages).filter((entry) => /^https?:/.test(entry.resolved ?? '')),
    []
  )
})
