const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { after, before, test } = require('node:test')
const { createLocalClerk } = require('fastify-clerk-auth/local')

// The application as `npm start` runs it, with a local Clerk in its environment.
let clerk
let child
let origin

before(async () => {
  clerk = await createLocalClerk()
  await clerk.listen()
  const { publishableKey, secretKey, apiUrl } = clerk.pluginOptions()
  child = spawn('node_modules/.bin/fastify', ['start', '--port', '0', '--log-level', 'info', 'app.js'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, CLERK_PUBLISHABLE_KEY: publishableKey, CLERK_SECRET_KEY: secretKey, CLERK_API_URL: apiUrl }
  })
  origin = await new Promise((resolve, reject) => {
    let log = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      log += text
      const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(log) ?? []
      if (address !== undefined) resolve(address)
    })
    child.once('exit', () => reject(new Error(`It did not start: ${log}`)))
  })
})

after(async () => {
  child.kill()
  await clerk.close()
})

test('a stranger is greeted, and refused where authentication is required', async () => {
  assert.deepEqual(await (await fetch(origin)).json(), { hello: 'stranger' })
  assert.equal((await fetch(`${origin}/me`)).status, 401)
})

test('a token says who the user is', async () => {
  const response = await fetch(`${origin}/me`, { headers: clerk.bearer({ userId: 'user_ada' }) })
  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), { userId: 'user_ada' })
})
