import t, { type Test } from 'tap'
import type { ClerkAuthOptions } from '../../src/index.js'
import type { LocalClerkOptions } from '../../src/local/index.js'
import { createApp } from '../fixtures/app.js'

const LINE = /a client without cookies of Clerk has been redirected/

async function createServer(t: Test, plugin: Partial<ClerkAuthOptions>, local: LocalClerkOptions = {}) {
  const lines: string[] = []
  let nowMs = Date.now()
  const { fastify } = await createApp(t, {
    local: { ...local, now: () => nowMs },
    plugin,
    server: { logger: { level: 'warn', stream: { write: (line: string) => lines.push(line) } } },
    routes(fastify) {
      fastify.get('/page/:name', { onRequest: fastify.requireAuth }, () => 'in')
    }
  })
  return {
    said: () => lines.filter((line) => LINE.test(line)),
    wait: (ms: number) => {
      nowMs += ms
    },
    load: async (url: string, headers: Readonly<Record<string, string>> = {}, remoteAddress = '192.0.2.1') => {
      const response = await fastify.inject({ url, remoteAddress, headers: { accept: 'text/html', ...headers } })
      return response.statusCode
    }
  }
}

t.test('a client without cookies that is sent to the handshake again and again is logged', async (t) => {
  const { said, load } = await createServer(t, {}, { instanceType: 'development' })
  for (let i = 0; i < 4; i++) t.equal(await load(`/page/1?secret=${i}`), 307)
  t.same(said(), [], 'not yet')
  for (let i = 0; i < 16; i++) t.equal(await load('/page/1'), 307)
  t.equal(said().length, 1, 'and counted from then on')
  const line = JSON.parse(said()[0] ?? '')
  t.match(line, { level: 40, route: '/page/:name', help: /#log-redirects-without-cookies$/ })
  t.notMatch(said()[0], /secret|192\.0\.2/)
})

t.test('so is one that is sent to the sign-in page', async (t) => {
  const { said, load } = await createServer(t, {
    requireAuthRedirect: true,
    signInUrl: 'https://accounts.example.net/'
  })
  for (let i = 0; i < 5; i++) t.equal(await load('/page/1'), 302)
  t.equal(said().length, 1)
})

t.test('first visits are not logged: other pages, other clients, other times, browsers with cookies', async (t) => {
  const { said, load, wait } = await createServer(t, {}, { instanceType: 'development' })
  for (let i = 0; i < 20; i++) {
    t.equal(await load(`/page/${i}`), 307)
    t.equal(await load('/page/a', {}, `192.0.2.${i}`), 307)
    t.equal(await load('/page/b', { 'user-agent': `browser ${i}` }), 307)
    t.equal(await load('/page/c', { cookie: '__client_uat=0' }), 307)
  }
  for (let i = 0; i < 20; i++) {
    t.equal(await load('/page/d', { cookie: 'theme=dark' }), 307)
    wait(2_501)
  }
  t.same(said(), [])
})

t.test('what is remembered of clients is bounded: the oldest is forgotten', async (t) => {
  const { said, load } = await createServer(t, {}, { instanceType: 'development' })
  for (let i = 0; i < 4; i++) await load('/page/1')
  for (let i = 0; i < 1000; i++) await load(`/page/other-${i}`)
  await load('/page/1')
  t.same(said(), [])
})
