import cors from '@fastify/cors'
import t from 'tap'
import { isCorsPreflight } from '../../../src/plugin/guards/preflight.js'
import { appWith, authorize, nobody, requireAuth } from './answer-to.js'

const preflight = { origin: 'https://app.example', 'access-control-request-method': 'GET' }

t.test(
  'a CORS preflight is answered by @fastify/cors, whether it is registered before or after the guard',
  async (t) => {
    for (const order of ['before', 'after'] as const) {
      for (const guard of [requireAuth, authorize({ role: 'admin' })]) {
        const app = appWith(nobody)
        const register = () => app.register(cors, { origin: 'https://app.example', credentials: true })
        if (order === 'before') await register()
        app.addHook('onRequest', guard)
        if (order === 'after') await register()
        app.get('/', () => 'in')
        const response = await app.inject({ method: 'OPTIONS', url: '/', headers: preflight })
        t.equal(response.statusCode, 204, order)
        t.equal(response.headers['access-control-allow-origin'], 'https://app.example')
        t.equal((await app.inject({ url: '/', headers: preflight })).statusCode, 401, 'only OPTIONS is a preflight')
      }
    }
  }
)

t.test('a preflight passes on to routes for OPTIONS alone and to nothing', async (t) => {
  const app = appWith(nobody)
  app.addHook('onRequest', requireAuth)
  app.options('/own', () => 'preflight')
  app.route({ method: ['OPTIONS'], url: '/list', handler: () => 'preflight' })
  t.equal((await app.inject({ method: 'OPTIONS', url: '/own', headers: preflight })).statusCode, 200)
  t.equal((await app.inject({ method: 'OPTIONS', url: '/list', headers: preflight })).statusCode, 200)
  t.equal((await app.inject({ method: 'OPTIONS', url: '/none', headers: preflight })).statusCode, 404)
})

t.test('headers of a preflight open no handler of another method', async (t) => {
  const app = appWith(nobody)
  app.all('/all', { preHandler: requireAuth }, () => 'in')
  app.route({ method: ['POST', 'OPTIONS'], url: '/some', preHandler: requireAuth, handler: () => 'in' })
  app.options('/own', { preHandler: requireAuth }, () => 'in')
  const options = (url: string, headers: object, payload?: string) =>
    app.inject({ method: 'OPTIONS', url, headers: { ...headers }, ...(payload === undefined ? {} : { payload }) })
  t.equal((await options('/all', preflight)).statusCode, 401)
  t.equal((await options('/some', preflight)).statusCode, 401)
  t.equal((await options('/own', { origin: preflight.origin })).statusCode, 401)
  t.equal((await options('/own', { 'access-control-request-method': 'GET' })).statusCode, 401)
  t.equal((await options('/own', { ...preflight, authorization: 'Bearer x' })).statusCode, 401)
  t.equal((await options('/own', { ...preflight, 'content-type': 'text/plain' }, 'body')).statusCode, 401)
  t.equal((await app.inject({ method: 'POST', url: '/some', headers: preflight })).statusCode, 401)
})

t.test('a preflight is OPTIONS with its two headers and nothing that comes with credentials or a body', async (t) => {
  const sent = { method: 'OPTIONS', headers: preflight, routeOptions: { method: 'OPTIONS' }, is404: false }
  t.ok(isCorsPreflight(sent))
  for (const method of ['GET', 'POST', 'HEAD']) t.notOk(isCorsPreflight({ ...sent, method, is404: true }), method)
  for (const [headers, is] of [
    [{ 'content-length': '0' }, true],
    [{ 'content-length': '1' }, false],
    [{ 'content-length': '' }, false],
    [{ 'transfer-encoding': 'chunked' }, false],
    [{ authorization: 'Bearer x' }, false],
    [{ origin: undefined }, false],
    [{ 'access-control-request-method': undefined }, false]
  ] as const) {
    t.equal(isCorsPreflight({ ...sent, headers: { ...preflight, ...headers } }), is, JSON.stringify(headers))
  }
  for (const [method, is] of [
    [['OPTIONS'], true],
    [['OPTIONS', 'POST'], false],
    [['POST'], false],
    [[], false],
    ['POST', false],
    [undefined, false]
  ] as const) {
    t.equal(isCorsPreflight({ ...sent, routeOptions: { method } }), is, `route for ${method}`)
    t.ok(isCorsPreflight({ ...sent, routeOptions: { method }, is404: true }), 'no route at all')
  }
})
