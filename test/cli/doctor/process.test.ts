import { spawn } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { VERSION } from '../../../src/core/version.js'
import { createLocalClerk } from '../../../src/local/index.js'
import { root } from '../../docs/manual.js'
import { writeFiles } from '../../fixtures/doctor.js'

// The command as it is installed: built, with a process and streams of its own.

t.setTimeout(110_000)

const clerk = await createLocalClerk()
await clerk.listen(0)
t.teardown(() => clerk.close())
const { publishableKey, secretKey, apiUrl, proxyUrl } = clerk.pluginOptions()
const files = writeFiles(t, {
  '.env': `CLERK_PUBLISHABLE_KEY=${publishableKey}\nCLERK_SECRET_KEY=${secretKey}\nCLERK_API_URL=${apiUrl}\nCLERK_PROXY_URL=${proxyUrl}\n`,
  // The FAPI host of a local Clerk does not resolve. The timer would keep the process alive.
  'config.mjs': `await null
setInterval(() => {}, 1000)
export default { authorizedParties: ['http://localhost:3000'] }`,
  'never.mjs': 'await new Promise(() => {})',
  'hanging-fetch.mjs': `export default {
  authorizedParties: ['http://localhost:3000'],
  jwks: { timeoutInMs: 200 },
  fetch: () => new Promise(() => {})
}`,
  'hanging-snapshot.mjs': `export default {
  authorizedParties: ['http://localhost:3000'],
  jwks: { snapshot: { get: () => new Promise(() => {}), set: async () => {} } }
}`
})

function run(args: readonly string[], stdin = ''): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(root, 'dist/cli/index.cjs'), ...args], {
    env: { PATH: process.env.PATH, NODE_ENV: 'test' }
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  child.stdin.end(stdin)
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })))
}

const OPTIONS = ['--env-file', files['.env'], '--config', files['config.mjs']]

t.test('doctor, and the process ends although the configuration keeps a timer', async (t) => {
  const { code, stdout, stderr } = await run(['doctor', ...OPTIONS, '--offline', '--json'])
  t.equal(stderr, '')
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { version: 1, subject: 'check', exitCode: 0, causes: [] })
})

t.test('doctor token -, with the keys of a local Clerk', async (t) => {
  const token = clerk.signSessionToken({ azp: 'http://localhost:3000' })
  const good = await run(['doctor', 'token', '-', ...OPTIONS], `${token}\n`)
  t.match(good, { code: 0, stderr: '', stdout: 'The session token is accepted' })
  const forged = await run(['doctor', 'token', '-', ...OPTIONS], `${token.slice(0, -4)}AAAA\n`)
  t.match(forged, { code: 1, stdout: 'The session token is refused: token-invalid-signature' })
  for (const { stdout } of [good, forged]) t.notOk(stdout.includes(token.split('.')[1] ?? token))
})

t.test('doctor request --curl -', async (t) => {
  const { authorization } = clerk.bearer({ azp: 'http://localhost:3000' })
  const command = `curl 'http://localhost:3000/me' \\\n  -H $'authorization: ${authorization}'\n`
  t.match(await run(['doctor', 'request', '--curl', '-', ...OPTIONS], command), {
    code: 0,
    stderr: '',
    stdout: 'The request is signed-in'
  })
})

t.test('a configuration that never settles: a message, exit 2', async (t) => {
  const { code, stdout, stderr } = await run(['doctor', '--config', files['never.mjs']])
  t.equal(code, 2)
  t.equal(stdout, '')
  t.match(stderr, /never comes/)
})

t.test('a fetch that never settles is named, and not the configuration', async (t) => {
  const options = ['--env-file', files['.env'], '--config', files['hanging-fetch.mjs'], '--json']
  const token = clerk.signSessionToken({ azp: 'http://localhost:3000' })
  const subjects: readonly (readonly [words: readonly string[], stdin: string])[] = [
    [[], ''],
    [['token', '-'], token],
    [['request', '-'], `curl http://localhost:3000/ -H 'authorization: Bearer ${token}'`]
  ]
  for (const [words, stdin] of subjects) {
    const { code, stdout, stderr } = await run(['doctor', ...words, ...options], stdin)
    t.equal(stderr, '', words.join(' '))
    t.equal(code, 1, words.join(' '))
    const { causes } = JSON.parse(stdout)
    t.match(causes[0], { cause: 'option-fetch-unsettled', options: ['fetch'], message: /timeoutInMs/ }, words.join(' '))
    t.notMatch(causes, [{ cause: 'input' }])
  }
})

t.test('a store of snapshots that never answers is named', async (t) => {
  const { code, stdout } = await run([
    ...['doctor', '--env-file', files['.env'], '--config', files['hanging-snapshot.mjs'], '--json', '--offline']
  ])
  t.equal(code, 1)
  t.match(JSON.parse(stdout).causes[0], { cause: 'snapshot-unusable', message: /get\(\) has not settled/ })
})

t.test('--help names every command, and doctor --help every option', async (t) => {
  const { code, stdout } = await run(['--help'])
  t.equal(code, 0)
  for (const word of ['audit verify', 'doctor', 'doctor token -', 'doctor request -', 'help', 'migrate']) {
    t.ok(stdout.includes(`${word}`), word)
  }
  t.match(await run(['doctor', '--help']), { code: 0, stdout: '--env-file' })
})

t.test('--version prints the version', async (t) => {
  for (const args of [['--version'], ['doctor', '--version']]) {
    t.match(await run(args), { code: 0, stdout: `${VERSION}\n`, stderr: '' }, args.join(' '))
  }
})

t.test('the process of --app answers nobody without a parent', async (t) => {
  t.match(await run(['doctor-app', files['config.mjs']]), { code: 2, stdout: '', stderr: '' })
})
