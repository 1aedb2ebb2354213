const assert = require('node:assert/strict')
const { copyFileSync, mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { after, before, test } = require('node:test')
const { createLocalClerk } = require('fastify-clerk-auth/local')

let clerk
let handler
let folder

// The bundle alone, as it is deployed: there is no node_modules beside it.
before(async () => {
  clerk = await createLocalClerk()
  process.env.CLERK_JWT_KEY = clerk.jwtKey // no network: a function that starts answers at once
  process.env.CLERK_PUBLISHABLE_KEY = clerk.publishableKey
  folder = mkdtempSync(join(tmpdir(), 'lambda-'))
  copyFileSync(join(__dirname, 'bundle/lambda.js'), join(folder, 'lambda.js'))
  handler = require(join(folder, 'lambda.js')).handler
})

after(() => rmSync(folder, { recursive: true, force: true }))

/** What API Gateway hands to a function (payload version 2.0). */
function get(path, headers = {}) {
  return handler(
    {
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      rawQueryString: '',
      headers: { host: 'abc.execute-api.eu-central-1.amazonaws.com', ...headers },
      requestContext: { http: { method: 'GET', path }, stage: '$default' },
      isBase64Encoded: false
    },
    {}
  )
}

test('a stranger is refused', async () => {
  assert.equal((await get('/me')).statusCode, 401)
})

test('a token says who the user is', async () => {
  const response = await get('/me', clerk.bearer({ userId: 'user_ada' }))
  assert.equal(response.statusCode, 200)
  assert.deepEqual(JSON.parse(response.body), { userId: 'user_ada' })
})
