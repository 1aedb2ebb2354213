import { readFileSync } from 'node:fs'
import t from 'tap'

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))

t.test('runtime dependencies are the few that the README argues for', async (t) => {
  t.same(Object.keys(manifest.dependencies).sort(), [
    '@fastify/error',
    'fastify-plugin',
    'jose',
    'lru-cache',
    'path-to-regexp'
  ])
})

t.test('every peer but Fastify is optional', async (t) => {
  for (const peer of Object.keys(manifest.peerDependencies)) {
    if (peer === 'fastify') continue
    t.equal(manifest.peerDependenciesMeta[peer]?.optional, true, peer)
  }
})

t.test('types come first in every export, as resolvers take the first condition that matches', async (t) => {
  for (const [path, entry] of Object.entries(manifest.exports)) {
    if (typeof entry !== 'string') t.equal(Object.keys(entry as object)[0], 'types', path)
  }
})

t.test('the lock file names no registry', async (t) => {
  t.same(
    Object.values<{ resolved?: string }>(lock.packages).filter((entry) => /^https?:/.test(entry.resolved ?? '')),
    []
  )
})
