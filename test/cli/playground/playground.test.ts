import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import t from 'tap'
import { help, parseArguments } from '../../../src/cli/arguments.js'
import { renderGreeting } from '../../../src/cli/playground/greeting.js'
import { startPlayground } from '../../../src/cli/playground/playground.js'
import { createTimings } from '../../../src/cli/playground/timings.js'

const run = promisify(execFile)
const cli = fileURLToPath(new URL('../../../src/cli/index.js', import.meta.url))
const built = fileURLToPath(new URL('../../../../dist/cli/index.cjs', import.meta.url))

// Starting processes takes its time on a busy machine.
t.setTimeout(110_000)

interface Failure {
  readonly code: number
  readonly stderr: string
}

async function failureOf(args: string[], environment: Record<string, string> = {}): Promise<Failure> {
  const failure: unknown = await run(process.execPath, [cli, ...args], {
    env: { ...process.env, ...environment }
  }).then(
    () => ({ code: 0, stderr: '' }),
    (error: unknown) => error
  )
  return failure as Failure
}

const playground = await startPlayground()
t.teardown(() => playground.close())
const { app, clerk, url } = playground

/** The commands of the greeting, as they are pasted into a shell. */
function printedCommands(): string[] {
  const [, block = ''] = /or try:\n([\s\S]*?)\n {2}Ctrl/.exec(renderGreeting(url, clerk.origin ?? '')) ?? []
  return block
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

t.test(
  'zsh takes the printed commands too: no comments, and nothing bare that it would look for as a file',
  async (t) => {
    for (const line of printedCommands()) {
      t.notMatch(line, /(^|\s)#/)
      const bare = line.replaceAll(/"\$\(curl -s '[^']*'\)"|'[^']*'/g, '').replaceAll(/"[^"]*"/g, '')
      t.notMatch(bare, /[?*[\]~]/, line)
    }
  }
)

t.test('another page of the browser cannot drive the playground', async (t) => {
  const port = new URL(url).port
  const status = async (method: 'GET' | 'POST', path: string, headers: Record<string, string>) =>
    (await app.inject({ method, url: path, headers })).statusCode
  t.equal(await status('GET', '/demo/token?user=ada', { host: `127.0.0.1:${port}` }), 200)
  t.equal(await status('GET', '/demo/token?user=ada', { host: `localhost:${port}` }), 200)
  t.equal(await status('GET', '/demo/token?user=ada', { host: 'evil.example' }), 403)
  t.equal(await status('GET', '/demo/token?user=ada', { host: `127.0.0.1.evil.example:${port}` }), 403)
  const foreign = { host: `127.0.0.1:${port}`, origin: 'https://evil.example' }
  t.equal(await status('GET', '/demo/token?user=ada', foreign), 403)
  t.equal(await status('POST', '/demo/clerk-away', foreign), 403)
  t.equal(await status('POST', '/demo/clerk-away', { ...foreign, origin: 'null' }), 403)
  const crossSite = { host: `127.0.0.1:${port}`, 'sec-fetch-site': 'cross-site' }
  t.equal(await status('POST', '/demo/clerk-away', crossSite), 403)
  t.equal(await status('GET', '/', crossSite), 200, 'the way back from the sign-in page')
  t.equal((await app.inject('/demo/counters')).json().isClerkAway, false)
})

t.test('the printed commands, pasted at once, work and end in hits', async (t) => {
  const before = (await app.inject('/demo/counters')).json()
  const outcome = await run('sh', ['-c', printedCommands().join('\n')]).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 127) return null
    throw error
  })
  if (outcome === null) {
    t.pass('curl is not installed', { skip: true })
    return
  }
  const statuses = [...outcome.stdout.matchAll(/^HTTP\/1.1 (\d+)/gm)].map(([, status]) => status)
  t.same(statuses, ['200', '401', '200', '200', '200', '200', '403'])
  const counters = JSON.parse(/^\{"hits".*\}$/m.exec(outcome.stdout)?.[0] ?? '{}')
  t.equal(counters.hits - before.hits, 3, 'Ada, three times after the first')
  t.equal(counters.misses - before.misses, 3, 'Ada, Grace by cookie, Grace by header')
})

t.test('the figure per hit is the median of samples of the playground, not the latest', async (t) => {
  const samples: number[] = []
  const headers = clerk.bearer({ expiresInSeconds: 600 })
  for (let i = 0; i < 64 * 4; i++) {
    await app.inject({ url: '/api/public', headers })
    const { hitMs } = app.clerk.stats()
    if (hitMs !== samples.at(-1)) samples.push(hitMs)
  }
  const { hitMs } = (await app.inject('/demo/counters')).json()
  t.ok(samples.length >= 4)
  t.ok(hitMs >= Math.min(...samples) && hitMs <= Math.max(...samples))
})

t.test('a refused request says how to authenticate', async (t) => {
  const { statusCode, headers } = await app.inject('/api/me')
  t.equal(statusCode, 401)
  t.match(headers['www-authenticate'], /^Bearer/)
})

t.test('a call can be asked why it was answered so, without a token in the answer', async (t) => {
  const why = async (request: { url: string; headers?: Record<string, string> }) => {
    const { headers } = await app.inject(request)
    return (await app.inject(`/demo/why?id=${headers['x-request-id']}`)).json()
  }
  const refused = await why({ url: '/api/me' })
  t.match(refused, {
    state: 'signed-out',
    reason: 'dev-browser-missing',
    decidedBy: { row: 7 },
    help: { cause: String }
  })
  const cookie = clerk.cookies()
  const permitted = await why({ url: '/api/me', headers: { cookie } })
  t.match(permitted, { state: 'signed-in', decidedBy: { row: 17 }, help: null })
  t.notMatch(JSON.stringify(permitted), /eyJ/)
  const forbidden = await why({ url: '/api/beta', headers: { cookie } })
  t.match(forbidden, { verdict: { code: 'FST_CLERK_FORBIDDEN' }, help: { cure: String } })
  t.equal((await app.inject('/demo/why?id=nothing')).statusCode, 404)
  t.equal((await app.inject('/demo/counters')).headers['x-request-id'], undefined)
})

t.test('the page and its assets are served, from this machine and nowhere else', async (t) => {
  const page = await app.inject({ url: '/', headers: { cookie: clerk.cookies() } })
  t.equal(page.statusCode, 200)
  t.match(page.headers['content-security-policy'], "default-src 'none'")
  t.notMatch(page.body, /https?:\/\//)
  for (const asset of ['/playground.css', '/playground.js']) {
    t.match(page.body, asset)
    const response = await app.inject(asset)
    t.equal(response.statusCode, 200)
    t.notMatch(response.body, /https?:\/\//)
  }
  t.equal((await app.inject('/favicon.ico')).statusCode, 204)
})

t.test('there are no tokens for people who are not there', async (t) => {
  t.equal((await app.inject('/demo/token?user=nobody')).statusCode, 404)
  t.equal((await app.inject('/demo/cookies?user=nobody')).statusCode, 404)
})

t.test('a session that is over or not from the sign-in page cannot be expired', async (t) => {
  const expire = async (cookie: string) =>
    (await app.inject({ method: 'POST', url: '/demo/expire', headers: { cookie } })).statusCode
  t.equal(await expire(clerk.cookies({ userId: 'user_ada' })), 409)
  const { id } = clerk.openSession('user_ada')
  const cookie = clerk.cookies(clerk.sessionToken(id))
  t.equal(await expire(cookie), 200)
  clerk.revokeSession(id)
  t.equal(await expire(cookie), 409)
})

t.test('signed-in users outlive an outage of the key endpoint', async (t) => {
  const headers = clerk.bearer(clerk.sessionToken(clerk.openSession('user_grace').id))
  t.equal((await app.inject({ url: '/api/me', headers })).statusCode, 200)
  t.match((await app.inject({ method: 'POST', url: '/demo/clerk-away' })).json(), { isClerkAway: true })
  t.equal((await app.inject({ url: '/api/me', headers })).statusCode, 200)
  t.match((await app.inject('/demo/counters')).json(), { isClerkAway: true })
  t.match((await app.inject({ method: 'POST', url: '/demo/clerk-away' })).json(), { isClerkAway: false })
})

t.test('a first visit right after a rotation of keys ends at a clean address', async (t) => {
  await app.inject({ method: 'POST', url: '/demo/rotate-keys' })
  const page = { accept: 'text/html', 'sec-fetch-dest': 'document' }
  const asked = await app.inject({ url: '/', headers: { ...page, host: new URL(url).host } })
  t.equal(asked.statusCode, 307)
  const answered = await fetch(String(asked.headers.location), { redirect: 'manual' })
  const back = new URL(answered.headers.get('location') ?? '')
  t.ok(back.searchParams.has('__clerk_handshake'), 'signed with a key that the application has not seen')
  const returned = await app.inject({ url: `/${back.search}`, headers: { ...page, host: back.host } })
  t.equal(returned.statusCode, 307)
  t.equal(returned.headers.location, `${url}/`)
})

t.test('the median follows the latest requests only', async (t) => {
  const timings = createTimings(3)
  t.equal(timings.medianMs(), null)
  for (const elapsedMs of [100, 1, 2, 3]) timings.add(elapsedMs)
  t.equal(timings.medianMs(), 2)
})

// `npm start` runs what `npm run build` has made, where the modules are no longer beside the files of the page.
for (const [name, command] of [
  ['as compiled', cli],
  ['as built', built]
] as const) {
  t.test(`the command, ${name}, serves the playground and stops on a signal`, async (t) => {
    const child = spawn(process.execPath, [command, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => child.kill('SIGKILL'))
    const exited = new Promise((resolve) => child.once('exit', resolve))
    let output = ''
    for await (const chunk of child.stdout) {
      output += chunk
      if (output.includes('Ctrl+C')) break
    }
    const address = /Application +(\S+)/.exec(output)?.[1] ?? ''
    for (const path of [
      '/api/public',
      '/',
      '/playground.css',
      '/playground.js',
      '/why.js',
      '/element.js',
      '/audit',
      '/audit.js'
    ]) {
      t.equal((await fetch(`${address}${path}`)).status, 200, path)
    }
    child.kill('SIGTERM')
    t.equal(await exited, 0)
  })
}

t.test('the command line says the port, or what is wrong with it', async (t) => {
  t.same(parseArguments([], {}), { port: 3000, hasFrontend: false })
  t.equal(parseArguments([], { PORT: '8080' })?.port, 8080)
  t.same(parseArguments(['--port', '0', '--frontend'], { PORT: '8080' }), { port: 0, hasFrontend: true })
  t.equal(parseArguments(['--help'], {}), null)
  for (const text of ['--port', '--help', 'audit verify']) t.match(help, text)
  for (const args of [['--port', 'x'], ['--port', '70000'], ['--port', ''], ['--nonsense'], ['surplus']]) {
    t.throws(() => parseArguments(args, {}), args.join(' '))
  }
  t.throws(() => parseArguments([], { PORT: 'http' }), RangeError)
})

t.test('the command ends with a reason and a code', async (t) => {
  const occupant = createServer()
  await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve))
  t.teardown(() => occupant.close())
  const { port } = occupant.address() as { port: number }
  const failures = await Promise.all([
    failureOf(['--port', 'x']),
    failureOf(['--port', '0'], { NODE_ENV: 'production' }),
    failureOf(['--port', String(port)]),
    failureOf(['--frontend'])
  ])
  t.match(failures, [
    { code: 2, stderr: '--port' },
    { code: 1, stderr: /^FST_CLERK_LOCAL_IN_PRODUCTION: [^\n]*NODE_ENV=production[^\n]*\n$/ },
    { code: 1, stderr: `Port ${port} is taken. A free one: npx fastify-clerk-auth --port 0\n` },
    { code: 2, stderr: 'npm install --save-dev @clerk/clerk-js @clerk/ui' }
  ])
})

t.test('npm start asks for the port before it builds', async (t) => {
  const occupant = createServer()
  await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve))
  t.teardown(() => occupant.close())
  const { port } = occupant.address() as { port: number }
  // Outside of the checkout a build fails.
  const cwd = mkdtempSync(join(tmpdir(), 'no-checkout-'))
  t.teardown(() => rmSync(cwd, { recursive: true }))
  const start = fileURLToPath(new URL('../../../../.ci/start.mjs', import.meta.url))
  for (const [args, PORT] of [
    [['--port', String(port)], ''],
    [[`--port=${port}`], ''],
    [[], String(port)]
  ] as const) {
    const env = { ...process.env, PORT }
    const failure = await run(process.execPath, [start, ...args], { cwd, env }).catch((error: unknown) => error)
    t.match(failure, { code: 1, stderr: `Port ${port} is taken. A free one: npm start -- --port 0\n` }, args.join(' '))
  }
  const environment = { ...process.env, PORT: String(port) }
  const free = await run(process.execPath, [start, '--port', '0'], { cwd, env: environment }).catch((error) => error)
  t.not((free as Failure).code, 0)
  t.notMatch((free as Failure).stderr, 'is taken', 'it goes on to the build, which fails')
})

t.test('a bundled command says that it cannot be bundled', async (t) => {
  const outfile = join(t.testdir(), 'command.cjs')
  await build({ entryPoints: [built], bundle: true, platform: 'node', format: 'cjs', outfile, logLevel: 'silent' })
  const failure = await run(process.execPath, [outfile, '--port', '0']).catch((error: unknown) => error)
  t.match(failure, {
    code: 1,
    stderr: /^FST_CLERK_PLAYGROUND_PAGES: .*run it from the installed package, it cannot be bundled$/m
  })
})
