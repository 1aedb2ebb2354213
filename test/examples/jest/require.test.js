const { createLocalClerk } = require('fastify-clerk-auth/local')
const { buildApp } = require('./app.js')

let clerk
let app

beforeAll(async () => {
  clerk = await createLocalClerk()
  app = await buildApp(clerk.pluginOptions())
})

afterAll(() => app.close())

test('a stranger is refused', async () => {
  expect((await app.inject('/me')).statusCode).toBe(401)
})

test('a token says who the user is', async () => {
  const response = await app.inject({ url: '/me', headers: clerk.bearer({ userId: 'user_ada' }) })
  expect(response.statusCode).toBe(200)
  expect(response.json()).toEqual({ userId: 'user_ada' })
})

test('a faked clock ends a token', async () => {
  jest.useFakeTimers({ now: Date.now(), doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
  const headers = clerk.bearer({ userId: 'user_ada' })
  expect((await app.inject({ url: '/me', headers })).statusCode).toBe(200)
  jest.setSystemTime(Date.now() + 70_000)
  expect((await app.inject({ url: '/me', headers })).statusCode).toBe(401)
  jest.useRealTimers()
})
