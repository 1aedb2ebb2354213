import { createLocalClerk, type LocalClerk } from 'fastify-clerk-auth/local'
import { buildApp } from './app'

let clerk: LocalClerk
let app: Awaited<ReturnType<typeof buildApp>>

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
