import type { AddressInfo } from 'node:net'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import clerkAuth, { type ClerkAuthOptions, requireAuth } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { createApp, signingKey } from '../fixtures/app.js'

const fromApiKey = ({ headers }: FastifyRequest) => headers['x-api-key'] as string | undefined
const fromSubprotocol = ({ headers }: FastifyRequest) =>
  /(?:^|, *)token\.([\w.-]+)/.exec(headers['sec-websocket-protocol'] ?? '')?.[1]

async function serve(t: Test, plugin: Partial<ClerkAuthOptions>) {
  const lines: { msg: string; cause?: string; code?: string }[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const { clerk, fastify } = await createApp(t, {
    plugin,
    server: { logger: { level: 'warn', stream } },
    async routes(fastify) {
      await fastify.register(websocket)
      await fastify.register(async (scope) => {
        scope.get('/', { onRequest: requireAuth }, (request) => ({
          who: scope.clerk.identify(request),
          type: request.auth.tokenType
        }))
        scope.post('/', { onRequest: requireAuth }, () => 'done')
        scope.get('/off', { config: { clerk: false } }, () => 'off')
        scope.get('/ws', { websocket: true, onRequest: requireAuth }, (socket, request) =>
          socket.send(String(request.auth.userId))
        )
      })
    }
  })
  const url = await fastify.listen({ port: 0 })
  async function get(headers: Record<string, string>, path = '/') {
    const response = await fetch(`${url}${path}`, { headers })
    return { status: response.status, body: await response.text(), challenge: response.headers.get('www-authenticate') }
  }
  return { clerk, fastify, url, lines, get }
}

t.test('an API key in a header of its own, beside a platform’s Authorization', async (t) => {
  const { clerk, get } = await serve(t, { acceptsToken: 'any', extractToken: fromApiKey })
  const key = clerk.machineTokens.createApiKey({ subject: 'org_1' })
  for (const authorization of ['Basic x', `Bearer ${clerk.signSessionToken()}`, 'Bearer nonsense']) {
    for (let time = 0; time < 2; time++) {
      const { status, body } = await get({ 'x-api-key': key, authorization })
      t.same([status, JSON.parse(body)], [200, { who: { kind: 'organization', id: 'org_1' }, type: 'api_key' }])
    }
  }
  t.equal((await get({ 'x-api-key': 'ak_unknown' })).status, 401)
})

t.test('a token of a type that the route does not accept counts as one that came', async (t) => {
  const { clerk, get } = await serve(t, { acceptsToken: ['api_key', 'm2m_token'], extractToken: fromApiKey })
  const answer = await get({ 'x-api-key': clerk.signSessionToken() })
  t.match(answer, { status: 401, challenge: 'Bearer error="invalid_token"' })
  t.notMatch(answer.body, /No token came/)
  t.match(await get({}), { status: 401, challenge: 'Bearer', body: /No token came/ })
})

t.test('what it finds decides alone, and without it the request is as any other', async (t) => {
  const { clerk, get } = await serve(t, { extractToken: fromApiKey })
  const cookie = clerk.cookies({ userId: 'user_cookie' })
  const session = clerk.signSessionToken({ userId: 'user_header' })
  for (let time = 0; time < 2; time++) {
    t.match(await get({ cookie }), { status: 200, body: 'user_cookie' })
    t.match(await get(clerk.bearer({ userId: 'user_bearer' })), { status: 200, body: 'user_bearer' })
    t.match(await get({ 'x-api-key': session, cookie }), { status: 200, body: 'user_header' })
    t.match(await get({ 'x-api-key': `${session.slice(0, -4)}AAAA`, cookie }), {
      status: 401,
      challenge: 'Bearer error="invalid_token"'
    })
  }
  t.match(await get({}), { status: 401 })
})

t.test('a WebSocket whose subprotocol carries the token', async (t) => {
  const { clerk, fastify } = await serve(t, { extractToken: fromSubprotocol, crossOrigin: 'refuse' })
  const { port } = fastify.server.address() as AddressInfo
  async function connect(token: string, headers = {}): Promise<string> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['app', `token.${token}`], { headers })
    const answer = await new Promise<string>((resolve) => {
      socket.on('message', (data) => resolve(`${socket.protocol} ${data}`))
      socket.on('error', (error) => resolve(error.message))
    })
    socket.terminate()
    return answer
  }
  const token = clerk.signSessionToken({ userId: 'user_1' })
  t.equal(await connect(token), 'app user_1')
  t.equal(await connect(token, { origin: 'https://elsewhere.example' }), 'app user_1', 'no cookie signs it in')
  t.equal(await connect('x.y.z'), 'Unexpected server response: 401')
})

t.test('a function that fails by what a client sends signs out, with one coded log line', async (t) => {
  const answers: Record<string, () => unknown> = {
    throws() {
      throw new TypeError('the token was secret-text')
    },
    'throws nothing'() {
      throw undefined
    },
    null: () => null,
    number: () => 5,
    empty: () => '',
    list: () => ['a'],
    promise: async () => 'token'
  }
  for (const [name, answer] of Object.entries(answers)) {
    const { clerk, get, lines } = await serve(t, { extractToken: answer as never })
    for (let time = 0; time < 3; time++) {
      const answered = await get({ cookie: clerk.cookies() })
      t.match(answered, { status: 401, challenge: 'Bearer error="invalid_token"', body: /token-invalid/ }, name)
    }
    t.equal((await get({}, '/off')).status, 200, 'not asked')
    const coded = lines.filter(({ code }) => code === 'FST_CLERK_EXTRACT_TOKEN')
    t.equal(coded.length, 1, name)
    t.notMatch(JSON.stringify(lines), 'secret-text')
  }
})

t.test('of machine routes too, a failure is 401', async (t) => {
  const { get } = await serve(t, { acceptsToken: ['api_key'], extractToken: (() => 7) as never })
  t.equal((await get({})).status, 401)
})

t.test('with a resolver, each instance has its own', async (t) => {
  const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production', signingKey })
  const fastify = Fastify()
  t.teardown(() => Promise.all([fastify.close(), clerk.close()]))
  const tenants: Record<string, ClerkAuthOptions> = {
    keys: clerk.pluginOptions({ extractToken: fromApiKey }),
    plain: clerk.pluginOptions({})
  }
  await fastify.register(clerkAuth, { resolver: ({ headers }) => tenants[headers['x-tenant'] as string] as never })
  fastify.get('/', { onRequest: requireAuth }, () => 'in')
  fastify.get('/own', { onRequest: requireAuth, config: { clerk: { handshake: false } } }, () => 'in')
  const headers = { 'x-api-key': clerk.signSessionToken() }
  const status = async (tenant: string, url: string) =>
    (await fastify.inject({ url, headers: { ...headers, 'x-tenant': tenant } })).statusCode
  t.same([await status('keys', '/'), await status('keys', '/own'), await status('plain', '/')], [200, 200, 401])
})

t.test('what is no function keeps the server from starting', async (t) => {
  await t.rejects(serve(t, { extractToken: 'x-api-key' as never }), {
    code: 'FST_CLERK_OPTION_TYPE',
    message: /extractToken/
  })
})
