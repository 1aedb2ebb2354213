import { createLocalClerk, type LocalClerk } from 'fastify-clerk-auth/local'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { buildApp } from './app'

let clerk: LocalClerk
let app: Awaited<ReturnType<typeof buildApp>>

beforeEach(async () => {
  clerk = await createLocalClerk()
  app = await buildApp(clerk.pluginOptions())
})

afterEach(async () => {
  vi.useRealTimers()
  await app.close()
})

test('a stranger is refused', async () => {
  expect((await app.inject('/me')).statusCode).toBe(401)
})

test('a token says who the user is', async () => {
  const response = await app.inject({ url: '/me', headers: clerk.bearer({ userId: 'user_ada' }) })
  expect(response.statusCode).toBe(200)
  expect(response.json()).toEqual({ userId: 'user_ada' })
})

test('a token ends when its minute is over', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const headers = clerk.bearer({ userId: 'user_ada' })
  expect((await app.inject({ url: '/me', headers })).statusCode).toBe(200)
  vi.setSystemTime(Date.now() + 70_000)
  expect((await app.inject({ url: '/me', headers })).statusCode).toBe(401)
})
