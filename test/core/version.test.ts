import { readFileSync } from 'node:fs'
import t from 'tap'
import { CLERK_API_DATE, USER_AGENT, VERSION } from '../../src/core/version.js'

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))

t.test('our requests name the version in package.json', async (t) => {
  t.equal(VERSION, version)
  t.equal(USER_AGENT, `fastify-clerk-auth/${version}`)
})

t.test('the version of the APIs is a date, as Clerk numbers them', async (t) => {
  t.match(CLERK_API_DATE, /^20\d\d-\d\d-\d\d$/)
})

t.test('the first section of the changelog is that of this version', async (t) => {
  const [, first] = /^## (\S+?),? /m.exec(readFileSync('CHANGELOG.md', 'utf8')) ?? []
  t.equal(first, version)
})
