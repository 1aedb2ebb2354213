import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import t from 'tap'
import { createLocalClerk } from '../../src/local/index.js'
import { startConnectProxy } from '../fixtures/connect-proxy.js'
import { manual, root } from './manual.js'
import { auditFile, compile, containing, folder, has, load, notLoaded, plainEnvironment, snippets } from './snippets.js'

// Every snippet of the manuals compiles against the built package, and snippets marked `run` are run.

// As applications do, snippets import the package by its name, from what `npm run build` has made.
t.test('the snippets', async (t) => {
  if (!existsSync(join(root, 'dist/index.js'))) return t.fail('dist is not there: npm run build')
  rmSync(folder, { recursive: true, force: true })
  const compiled = compile(
    'main',
    snippets.filter((fence) => !has('global')(fence))
  )
  t.equal(compiled.status, 0, 'compile against the built package')
  if (compiled.status !== 0) return t.comment((compiled.stdout || compiled.stderr).split('\n').slice(0, 12).join('\n'))
  for (const fence of snippets.filter(has('global'))) {
    const { status, stdout } = compile(fence.name, [fence])
    t.equal(status, 0, `declarations compile\n${stdout}`)
  }

  const clerk = await createLocalClerk()
  t.teardown(() => clerk.close())
  process.env.CLERK_PUBLISHABLE_KEY = clerk.publishableKey
  process.env.CLERK_JWT_KEY = clerk.jwtKey
  process.env.CLERK_SECRET_KEY = clerk.secretKey

  await t.test('the quick start authenticates tokens and cookies', async (t) => {
    const fastify = await load(t, containing('await fastify.listen({ port: 3000 })'))
    const azp = 'https://app.example.com'
    const org = { id: 'org_1', permissions: ['org:docs:read'] }
    const status = async (url: string, headers = {}) => (await fastify.inject({ url, headers })).statusCode
    t.equal((await fastify.inject('/')).json().hello, 'stranger')
    t.equal(await status('/me'), 401)
    t.equal(await status('/me', clerk.bearer({ azp })), 200)
    t.equal(await status('/me', { cookie: clerk.cookies({ azp }) }), 200)
    t.equal(await status('/me', clerk.bearer({ azp: 'https://other.example.com' })), 401)
    t.equal(await status('/docs', clerk.bearer({ azp })), 403)
    t.equal(await status('/docs', clerk.bearer({ azp, org })), 200)
  })

  await t.test('an application with a frontend starts with the packages or without', async (t) => {
    const fastify = await load(t, containing('clerk.browser.js'))
    t.equal((await fastify.inject('/me')).statusCode, 401)
    t.match((await fastify.inject('/')).body, /src="http:\/\/localhost:\d+\/npm\/@clerk\/ui@1\/dist\/ui.browser.js"/)
  })

  await t.test('guards', async (t) => {
    const fastify = await load(t, containing("role: 'org:admin'"))
    const get = async (url: string, input: object) => {
      const method = url === '/account' ? 'DELETE' : 'GET'
      return (await fastify.inject({ method, url, headers: clerk.bearer(input) })).statusCode
    }
    const org = { id: 'org_1', role: 'org:admin', features: ['beta'], plans: ['pro'] }
    for (const url of ['/members', '/beta', '/team']) {
      t.equal(await get(url, { org }), 200, url)
      t.equal(await get(url, {}), 403, url)
    }
    t.equal(await get('/account', { factorVerificationAge: [1, 1] }), 200)
    t.equal(await get('/account', { factorVerificationAge: [60, 60] }), 403)
  })

  await t.test('the table of routes is printed as shown', async (t) => {
    const snippet = containing('printRoutes')
    const fastify = await load(t, snippet)
    const { fences } = manual('src/plugin/README.md')
    const shown = fences[fences.indexOf(snippet) + 1]?.code
    t.equal(`${fastify.clerk.printRoutes()}\n`, shown)
    t.equal((await fastify.inject('/health')).statusCode, 200)
    t.equal((await fastify.inject('/account')).statusCode, 401)
  })

  await t.test('guards by hand', async (t) => {
    const fastify = await load(t, containing('const mayReport = authorize('))
    const post = async (headers = {}) =>
      (await fastify.inject({ method: 'POST', url: '/reports/1', headers })).statusCode
    t.equal(await post(), 401)
    const body = { headers: { 'content-type': 'application/json' }, payload: '{' }
    for (const url of ['/reports/1', '/%72eports/1']) {
      const { statusCode } = await fastify.inject({ method: 'POST', url, ...body })
      t.equal(statusCode, 401, `${url}: the hook refuses before the body is read`)
    }
    t.equal(await post(clerk.bearer()), 403)
    t.equal(await post(clerk.bearer({ org: { id: 'org_1', permissions: ['org:reports:write'] } })), 200)
  })

  await t.test('the readiness route', async (t) => {
    const fastify = await load(t, containing("'/ready'"))
    const response = await fastify.inject('/ready')
    t.equal(response.statusCode, 200)
    t.match(response.json(), { ready: true, degraded: false })
  })

  await t.test('keys come through an egress proxy', async (t) => {
    const proxy = await startConnectProxy(t)
    process.env.CLERK_API_URL = await clerk.listen()
    process.env.CLERK_JWT_KEY = ''
    process.env.HTTPS_PROXY = proxy.url
    const fastify = await load(t, containing('new ProxyAgent'), (fastify) => {
      fastify.get('/me', { preHandler: fastify.requireAuth }, () => 'ok')
    })
    delete process.env.CLERK_API_URL
    process.env.CLERK_JWT_KEY = clerk.jwtKey
    t.equal((await fastify.inject({ url: '/me', headers: clerk.bearer() })).statusCode, 200)
    t.strictSame(proxy.connects(), [new URL(await clerk.listen()).host])
  })

  await t.test('a route for machines', async (t) => {
    const fastify = await load(t, containing("'/jobs'"))
    const post = async (token: string) =>
      (await fastify.inject({ method: 'POST', url: '/jobs', headers: { authorization: `Bearer ${token}` } })).statusCode
    t.equal(await post(clerk.machineTokens.createM2MToken({ format: 'jwt', scopes: ['jobs:write'] })), 200)
    t.equal(await post(clerk.machineTokens.createM2MToken({ format: 'jwt', scopes: [] })), 403)
    t.equal(await post(clerk.signSessionToken()), 401)
  })

  await t.test('revocation by hand', async (t) => {
    const fastify = await load(t, containing('clerk.revoke({ sessionId'), (fastify) => {
      fastify.get('/me', { preHandler: fastify.requireAuth }, () => 'ok')
    })
    const get = async (input: object) => (await fastify.inject({ url: '/me', headers: clerk.bearer(input) })).statusCode
    t.equal(await get({ sessionId: 'sess_1', userId: 'user_2' }), 401)
    t.equal(await get({ userId: 'user_1' }), 401)
    t.equal(await get({ userId: 'user_2' }), 200)
  })

  await t.test('the ways of narrowing', async (t) => {
    const fastify = await load(t, containing('assertSignedIn(request.auth)'))
    for (const url of ['/guarded', '/asked', '/asserted']) {
      t.equal((await fastify.inject(url)).statusCode, 401)
      t.strictSame((await fastify.inject({ url, headers: clerk.bearer({ userId: 'user_1' }) })).json(), {
        userId: 'user_1'
      })
    }
  })

  await t.test('a webhook revokes', async (t) => {
    process.env.CLERK_WEBHOOK_SIGNING_SECRET = clerk.webhookSecret
    const fastify = await load(t, containing('fastify-clerk-auth/webhooks'), (fastify) => {
      fastify.get('/me', { preHandler: fastify.requireAuth }, () => 'ok')
    })
    const headers = clerk.bearer({ userId: 'user_1' })
    t.equal((await fastify.inject({ url: '/me', headers })).statusCode, 200)
    const delivery = clerk.signWebhook({ type: 'user.deleted', data: { id: 'user_1', deleted: true } })
    const url = '/webhooks/clerk'
    const deliver = () =>
      fastify.inject({ method: 'POST', url, headers: { ...delivery.headers }, payload: delivery.body })
    t.equal((await deliver()).statusCode, 204)
    t.equal((await deliver()).statusCode, 204, 'a replay is no news')
    t.equal((await fastify.inject({ url: '/me', headers })).statusCode, 401)
  })

  await t.test("a platform's bearer token is taken out of the way of cookies and of another header", async (t) => {
    const fastify = await load(t, containing("request.headers['x-session-token']"), (fastify) => {
      fastify.get('/me', { onRequest: fastify.requireAuth }, (request) => request.auth.userId)
    })
    const ask = (headers: object) =>
      fastify.inject({ url: '/me', headers: { authorization: 'Bearer of.a.platform', ...headers } })
    t.equal((await ask({ cookie: clerk.cookies({ userId: 'user_ada' }) })).body, 'user_ada')
    t.equal((await ask({ 'x-session-token': clerk.signSessionToken({ userId: 'user_ada' }) })).body, 'user_ada')
    t.equal((await ask({ 'x-session-token': 'nonsense' })).statusCode, 401)
    t.equal((await ask({})).statusCode, 401)
  })

  await t.test('the resolver knows its tenants, and nobody else', async (t) => {
    const fastify = await load(t, containing('resolver:'), (fastify) => {
      fastify.get('/me', (request) => request.auth.isAuthenticated)
    })
    const get = async (host: string) => (await fastify.inject({ url: '/me', headers: { host } })).statusCode
    t.equal(await get('a.example.com'), 200)
    t.equal(await get('b.example.com:8080'), 200)
    t.equal(await get('c.example.com'), 421)
  })

  await t.test('the audit log has its record', async (t) => {
    const fastify = await load(t, containing('fileSink('))
    const url = '/invoices/7'
    t.equal(
      (await fastify.inject({ method: 'DELETE', url, headers: clerk.bearer({ userId: 'user_1' }) })).statusCode,
      200
    )
    await fastify.close()
    const record = JSON.parse(readFileSync(auditFile, 'utf8'))
    t.match(record, {
      userId: 'user_1',
      action: 'invoice.delete',
      target: '7',
      route: '/invoices/:id',
      details: { amount: 4200 }
    })
  })

  await t.test('metrics', async (t) => {
    const fastify = await load(t, containing('fastify-clerk-auth/metrics'))
    t.match((await fastify.inject('/metrics')).body, /^clerk_auth_ready 1$/m)
  })

  for (const text of ['clerk-auth/otel', 'auth:jwks:refresh', "scope.get('/ws'", 'scope.clerk.openLifetime']) {
    await t.test(`the recipe with ${text} starts and stops`, async (t) => {
      const fastify = await load(t, containing(text))
      await t.resolves(fastify.close())
    })
  }

  await t.test('server-sent events', async (t) => {
    const fastify = await load(t, containing("'/events'"), (fastify) => {
      fastify.addHook('preHandler', async () => void (await fastify.clerk.revoke({ userId: 'user_1' })))
    })
    t.equal((await fastify.inject('/events')).statusCode, 401)
    const headers = clerk.bearer({ userId: 'user_1' })
    const revoked = await fastify.inject({ url: '/events', headers, signal: AbortSignal.timeout(5_000) })
    t.match(revoked.json(), { statusCode: 401, code: 'FST_CLERK_LIFETIME_REVOKED' }, 'revoked behind the guard')
  })

  await t.test('as if nothing were there', async (t) => {
    const fastify = await load(t, containing("as: 'not-found'"))
    const org = { id: 'org_1', permissions: ['org:admin:use'] }
    const status = async (url: string, input: object) =>
      (await fastify.inject({ url, headers: clerk.bearer(input) })).statusCode
    t.same([await status('/documents/doc_1', { userId: 'user_1' }), await status('/admin', { org })], [200, 200])
    t.same([await status('/documents/doc_1', { userId: 'user_2' }), await status('/admin', {})], [404, 404])
  })

  await t.test('a token from elsewhere', async (t) => {
    const fastify = await load(t, containing("headers['x-api-key']"), (fastify) => {
      fastify.get('/elsewhere', (request) => ({ by: request.auth.isAuthenticated }))
    })
    const token = clerk.signSessionToken()
    for (const headers of [{ 'x-api-key': token }, { 'sec-websocket-protocol': `app, token.${token}` }]) {
      t.same((await fastify.inject({ url: '/elsewhere', headers })).json(), { by: true })
    }
    t.same((await fastify.inject('/elsewhere')).json(), { by: false })
  })

  await t.test('who it is, in a word', async (t) => {
    const fastify = await load(t, containing('clerk.identify(request)'))
    t.equal((await fastify.inject('/')).statusCode, 404)
  })

  await t.test('why a request is refused', async (t) => {
    const fastify = await load(t, containing('clerk.explain(request)'), (fastify) => {
      fastify.get('/me', { preHandler: fastify.requireAuth }, () => 'ok')
    })
    t.equal((await fastify.inject('/me')).statusCode, 401)
  })

  await t.test('every snippet that is to run has run', async (t) => {
    t.strictSame(notLoaded(), [])
  })

  await t.test('the test of an application passes', async (t) => {
    for (const { name } of snippets.filter(has('standalone'))) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'main', `${name}.js`)], {
        encoding: 'utf8',
        env: plainEnvironment()
      })
      t.equal(status, 0, `${stdout}\n${stderr}`)
    }
  })
})
