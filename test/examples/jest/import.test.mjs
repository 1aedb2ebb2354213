// ES modules under Jest: Node needs --experimental-vm-modules.
let clerk
let app

beforeAll(async () => {
  const { default: Fastify } = await import('fastify')
  const { default: clerkAuth, getAuth, requireAuth } = await import('fastify-clerk-auth')
  const { createLocalClerk } = await import('fastify-clerk-auth/local')
  clerk = await createLocalClerk()
  app = Fastify()
  await app.register(clerkAuth, clerk.pluginOptions())
  app.get('/me', { onRequest: requireAuth }, (request) => ({ userId: getAuth(request).userId }))
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
