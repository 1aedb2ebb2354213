const assert = require('node:assert/strict')
const path = require('node:path')
const { after, before, test } = require('node:test')
const autoload = require('@fastify/autoload')
const Fastify = require('fastify')
const { createLocalClerk } = require('fastify-clerk-auth/local')

const app = Fastify()
let clerk

before(async () => {
  clerk = await createLocalClerk()
  await clerk.listen()
  const { publishableKey, secretKey, apiUrl } = clerk.pluginOptions()
  Object.assign(process.env, {
    CLERK_PUBLISHABLE_KEY: publishableKey,
    CLERK_SECRET_KEY: secretKey,
    CLERK_API_URL: apiUrl
  })
  app.get('/health', () => 'ok')
  app.register(autoload, { dir: path.join(__dirname, 'autoconfig/plugins') })
  app.register(autoload, { dir: path.join(__dirname, 'routes') })
})

after(async () => {
  await app.close()
  await clerk.close()
})

test('autoload hands over the options of autoConfig', async () => {
  const pageLoad = { accept: 'text/html', 'sec-fetch-dest': 'document' }
  assert.equal((await app.inject('/health')).body, 'ok', 'earlyRoutes')
  assert.equal((await app.inject({ url: '/me', headers: pageLoad })).statusCode, 401, 'handshake: false')
})

test('routes are guarded', async () => {
  assert.equal((await app.inject('/me')).statusCode, 401)
  assert.deepEqual((await app.inject({ url: '/me', headers: clerk.bearer({ userId: 'user_ada' }) })).json(), {
    userId: 'user_ada'
  })
})
