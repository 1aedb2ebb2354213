import { readFileSync } from 'node:fs'
import t from 'tap'
import { CLERK_API_DATE, USER_AGENT, VERSION } from '../../src/core/version.js'

t.test('our requests name the version in package.json', (t) => {
  t.equal(VERSION, JSON.parse(readFileSync('package.json', 'utf8')).version)
  t.equal(USER_AGENT, `fastify-clerk-auth/${VERSION}`)
  t.end()
})

t.test('the version of the APIs is a date, as Clerk numbers them', (t) => {
  t.match(CLERK_API_DATE, /^20\d\d-\d\d-\d\d$/)
  t.end()
})
