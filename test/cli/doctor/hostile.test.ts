import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { createLocalClerk } from '../../../src/local/index.js'
import { root } from '../../docs/manual.js'
import { assertNothingLeaked, doctor, internet, report, secret } from '../../fixtures/doctor.js'

// Files, applications and texts that mean harm, or are as bad as if they did.

t.setTimeout(200_000)

const clerk = await createLocalClerk({ instanceType: 'production', frontendApi: 'clerk.example.com' })
// Below the repository, where `fastify` is found.
const folder = mkdtempSync(join(root, '.build', 'doctor-hostile-'))
t.teardown(async () => {
  rmSync(folder, { recursive: true })
  await clerk.close()
})
const SECRET = secret('hunter2hunter2hunter2')
const env = {
  CLERK_PUBLISHABLE_KEY: clerk.publishableKey,
  CLERK_SECRET_KEY: secret(clerk.secretKey),
  DATABASE_PASSWORD: SECRET
}
const plugin = JSON.stringify(new URL('../../../src/index.js', import.meta.url).href)

/** Of C0 a report has line breaks alone. */
const CONTROL = /[^\P{Cc}\n]|\p{Bidi_Control}/u

let files = 0
function file(content: string | Buffer, extension = 'mjs'): string {
  const path = join(folder, `${++files}.${extension}`)
  writeFileSync(path, content)
  return path
}

const app = (body: string) =>
  file(`import Fastify from 'fastify'
import clerkAuth, { requireAuth } from ${plugin}
const app = Fastify()
await app.register(clerkAuth, { jwks: { warmUp: false } })
app.get('/me', { onRequest: requireAuth }, () => 'me')
${body}
export default app`)

const APPS: Readonly<Record<string, readonly [path: string, first: string | undefined, says?: RegExp]>> = {
  'it prints secrets': [app(`console.log('${SECRET}'); console.error('${SECRET}')`), undefined],
  'it prints 10 MB': [
    app(`process.stdout.write('x'.repeat(10_000_000)); console.error('y'.repeat(1_000_000))`),
    undefined
  ],
  'it has messages for its parent': [
    app(`process.send?.('ready'); process.send?.({ kind: 'ready', hasPlugin: false }); process.send?.(null)`),
    undefined
  ],
  'it listens': [app(`await app.listen({ port: 0 })`), undefined],
  'it opens handles': [app(`setInterval(() => {}, 10); process.stdin.resume()`), undefined],
  'it ignores signals': [
    app(`for (const each of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(each, () => {})`),
    undefined
  ],
  'it ends with success': [app('process.exit(0)'), 'app-fails', /exit status 0 before the server was ready/],
  'it is killed': [app(`process.kill(process.pid, 'SIGKILL')`), 'app-fails', /before the server was ready/],
  'it closes the channel': [app('process.disconnect()'), 'app-fails', /before the server was ready/],
  'it throws a text': [app(`throw '${SECRET}'`), 'app-fails', /ended with an exception that is no Error/],
  'it throws null': [app('throw null'), 'app-fails', /ended with an exception that is no Error/],
  'it throws an error with a name that no class has': [
    app(
      `const Odd = { ['\\u001b[2J${SECRET}']: class extends Error {} }['\\u001b[2J${SECRET}']; throw new Odd('${SECRET}')`
    ),
    'app-fails',
    /ended with Error\./
  ],
  'its error has a secret for a code': [
    app(`throw Object.assign(new RangeError('x'), { code: '${SECRET}' })`),
    'app-fails',
    /ended with RangeError\./
  ],
  'it rejects later': [
    app(
      `setTimeout(() => Promise.reject(new RangeError('${SECRET}')), 1); await new Promise(() => setInterval(() => {}, 9))`
    ),
    'app-fails',
    /RangeError/
  ],
  'it waits for nothing': [app('await new Promise(() => {})'), 'app-fails', /a promise that never settles/],
  'a plugin of it never calls back': [
    app(`app.register((scope, options, done) => {})`),
    'app-fails',
    /FST_ERR_PLUGIN_TIMEOUT|AVV_ERR|no answer within/
  ],
  'a route has terminal escapes': [
    app(`app.get('/a\\u001b[2J\\u202eb', () => 'x')`),
    'routes-open',
    /\\u001b\[2J\\u202eb/
  ]
}

t.test('applications', async (t) => {
  for (const [name, [path, first, says = /./]] of Object.entries(APPS)) {
    const { status, text, json } = await report(['--app', path, '--offline'], { env })
    const [cause] = json.causes.filter(({ severity }) => severity !== 'note')
    t.equal(cause?.cause, first, name)
    if (first !== undefined) t.match(cause?.message, says, name)
    t.equal(status, first === 'app-fails' ? 1 : 0, name)
    t.equal(text.stderr, '', name)
    t.notMatch(text.stdout, CONTROL, name)
  }
})

t.test('an application that never gets ready is not waited for for ever', async (t) => {
  const { exitCode, stdout } = await doctor(['--app', app('for (;;) {}'), '--offline'], { env, patienceMs: 2_000 })
  t.equal(exitCode, 1)
  t.match(stdout, /app-fails[\s\S]*no answer within 2 s/)
})

function fifo(name: string): string {
  const path = join(folder, name)
  execFileSync('mkfifo', [path])
  return path
}

t.test('files that are none, or too large: a message, exit 2', async (t) => {
  mkdirSync(join(folder, 'folder.mjs'))
  symlinkSync(join(folder, 'loop'), join(folder, 'loop'))
  symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'))
  const large = file(Buffer.alloc(100_000_000, 'A=1\n'), 'env')
  for (const option of ['--env-file', '--config', '--app']) {
    for (const path of ['folder.mjs', 'loop', 'dangling', 'none'].map((name) => join(folder, name))) {
      const { exitCode, stdout, stderr } = await doctor([option, path, '--offline'], { env })
      t.strictSame([exitCode, stdout], [2, ''], `${option} ${path}`)
      t.match(stderr, new RegExp(`^The .*: check ${option}\\.\n$`))
    }
    t.match(await doctor([option, fifo(`pipe${option}.mjs`), '--offline'], { env }), {
      exitCode: 2,
      stderr: /is no regular file/
    })
  }
  t.match(await doctor(['--env-file', large, '--offline'], { env }), { exitCode: 2, stderr: /larger than 1 MB/ })
  t.match(await doctor(['--config', `${large}.json`, '--offline'], { env }), { exitCode: 2 })
  const binary = file(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1, 0xff, 0xfe, 0x3d, 0]), 'env')
  t.match(await doctor(['--env-file', binary, '--offline'], { env }), { exitCode: 2, stderr: /is no text/ })
})

t.test('an environment file behind a symbolic link, or with a byte order mark', async (t) => {
  const path = file(`CLERK_PUBLISHABLE_KEY=${clerk.publishableKey}\nCLERK_SECRET_KEY=${clerk.secretKey}\n`, 'env')
  symlinkSync(path, join(folder, 'link.env'))
  const { json } = await report(['--env-file', join(folder, 'link.env'), '--offline'])
  t.strictSame(
    json.causes.map(({ cause }) => cause),
    ['no-authorized-parties']
  )
  const marked = file(`\ufeffCLERK_PUBLISHABLE_KEY=${clerk.publishableKey}\n`, 'env')
  const { status, json: found } = await report(['--env-file', marked, '--offline'])
  t.match(found.causes[0], {
    cause: 'variable-misnamed',
    options: ['CLERK_PUBLISHABLE_KEY'],
    message: /byte order mark/
  })
  t.equal(status, 1)
})

const ENTRY = fileURLToPath(new URL('../../../src/cli/index.js', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The command in a process of its own. */
function run(args: readonly string[], stdin: string | Buffer = '', cwd = folder): Promise<Ended> {
  const child = spawn(process.execPath, [ENTRY, 'doctor', ...args], { cwd, env: { PATH: process.env.PATH, ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  // It may end before it has read all.
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })))
}

function holdsNoSecret(t: Test, { stdout, stderr }: Ended, name: string): void {
  for (const text of [SECRET, clerk.secretKey]) t.notOk((stdout + stderr).includes(text), name)
}

const GOOD = `{ authorizedParties: ['https://app.example.com'] }`

t.test('configurations that are good all the same', async (t) => {
  for (const [name, body] of Object.entries({
    'it prints': `console.log('${SECRET}'); console.error('${SECRET}'); process.stdout.write('x'.repeat(1e6)); export default ${GOOD}`,
    'it waits for its output': `await new Promise((resolve) => process.stdout.write('x', resolve)); export default ${GOOD}`,
    'a promise': `export default Promise.resolve(${GOOD})`,
    'a function that returns a promise': `export default async () => (${GOOD})`,
    'it fails beside': `setTimeout(() => { throw new Error('${SECRET}') }, 1); await new Promise((resolve) => setTimeout(resolve, 50)); export default ${GOOD}`,
    'it keeps the process': `setInterval(() => {}, 10); export default ${GOOD}`
  })) {
    const found = await run(['--config', file(body), '--offline', '--json'])
    t.strictSame([found.code, found.stderr], [0, ''], name)
    t.match(JSON.parse(found.stdout), { exitCode: 0, causes: [] }, name)
    holdsNoSecret(t, found, name)
  }
})

t.test('configurations that are none: a message, exit 2', async (t) => {
  for (const [name, [body, says]] of Object.entries({
    'it exports nothing': ['export {}', /exports no object/],
    'a text': [`export default '${SECRET}'`, /exports no object/],
    'a list': [`export default ['${SECRET}']`, /exports no object/],
    'it throws a text': [`throw '${SECRET}'`, /cannot be loaded \(an exception that is no Error\)/],
    'it throws an error with a secret for a name': [
      `throw Object.assign(new RangeError(), { name: '${SECRET}' })`,
      /cannot be loaded \(RangeError\)/
    ],
    'its promise rejects': [
      `export default Promise.reject(new RangeError('${SECRET}'))`,
      /cannot be loaded \(RangeError\)/
    ],
    'its function rejects': [`export default async () => { throw new RangeError('${SECRET}') }`, /\(RangeError\)/],
    'it ends the process': ['process.exit(0)', /has ended the process/],
    'it ends the process later': [
      'setTimeout(() => process.exit(0), 1); await new Promise(() => setInterval(() => {}, 9))',
      /has ended/
    ],
    'it never settles': ['await new Promise(() => {})', /never comes/]
  } as Record<string, [string, RegExp]>)) {
    const path = file(body)
    const found = await run(['--config', path, '--offline'])
    t.strictSame([found.code, found.stdout], [2, ''], name)
    t.match(found.stderr, says, name)
    holdsNoSecret(t, found, name)
    const { code, stdout } = await run(['--config', path, '--offline', '--json'])
    t.equal(code, 2, name)
    t.match(JSON.parse(stdout), { version: 1, subject: 'check', exitCode: 2, causes: [{ cause: 'input' }] }, name)
  }
})

t.test('a configuration that waits for something that does not come', async (t) => {
  const path = file(
    'const timer = setInterval(() => {}, 10); setTimeout(clearInterval, 4_000, timer); await new Promise(() => {})'
  )
  t.match(await doctor(['--config', path], { env, patienceMs: 500 }), {
    exitCode: 2,
    stderr: /not settled within 0.5 s/
  })
})

const TEXTS: Readonly<Record<string, string>> = {
  'many words': 'abcdefgh '.repeat(10_000),
  'NUL bytes': '\0\0\0',
  'bidi controls and escapes': '\u202e\u2066\u001b[2J\u009b31m\u0007',
  quotes: `"'"'"'`,
  nothing: '',
  blanks: ' \n\t ',
  dots: '.'.repeat(1000),
  'many quotes': '"'.repeat(60_000),
  'a word before itself': 'Bearer '.repeat(20_000),
  'other blanks': 'curl\u00a0https://a.example',
  'a lone carriage return': 'curl https://a.example -H "a: b"\r'
}
const SUBJECTS = [
  ['token', '-'],
  ['request', '--curl', '-'],
  ['request', '--raw', '-'],
  ['request', '-']
]

function isAnswer(t: Test, exitCode: number | null, output: string, label: string): void {
  t.ok(exitCode === 2 || (label.startsWith('token') && exitCode === 1), `${label}: ${exitCode}`)
  t.notMatch(output, CONTROL, label)
  t.notMatch(output, /doctor itself failed/, label)
  t.ok(output.length > 20, label)
}

t.test('texts that are no token, and no request: an answer, and no control character', async (t) => {
  for (const [name, stdin] of Object.entries(TEXTS)) {
    for (const args of SUBJECTS) {
      const { exitCode, stdout, stderr } = await doctor([...args, '--offline'], { env, stdin })
      isAnswer(t, exitCode, stdout + stderr, `${args.join(' ')} < ${name}`)
    }
  }
})

t.test('bytes that are no text, and more than is read', async (t) => {
  for (const args of SUBJECTS) {
    for (const bytes of [Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x41]), Buffer.alloc(10_000_000, 'abcdefgh ')]) {
      const { code, stdout, stderr } = await run([...args, '--offline'], bytes)
      isAnswer(t, code, stdout + stderr, args.join(' '))
      if (bytes.length > 1_000_000) t.match(stderr, /holds more than/)
    }
  }
})

const URL_ = 'https://app.example.com/me'
const CURLS: Readonly<Record<string, readonly [command: string, code: 1 | 2, says: RegExp]>> = {
  'a command in the text': [`curl ${URL_} -H "x: $(touch pwned)"`, 2, /shell would put/],
  'a backtick': [`curl ${URL_} -H \`touch pwned\``, 2, /shell would put/],
  'a second command': [`curl ${URL_}; touch pwned`, 1, /no-credentials/],
  'a redirection': [`curl ${URL_} > pwned`, 1, /no-credentials/],
  'an output file': [`curl ${URL_} -o pwned -c pwned -D pwned --trace pwned`, 1, /no-credentials/],
  'a body from a file': [`curl ${URL_} --data @given`, 1, /no-credentials/],
  'a query from a file': [`curl -G ${URL_} --data-urlencode @given`, 1, /no-credentials/],
  'a body from standard input': [`curl ${URL_} -d @-`, 1, /no-credentials/],
  'a file of options': [`curl -K given ${URL_}`, 2, /-K of curl is not understood/],
  'a file of options, in full': [`curl --config given ${URL_}`, 2, /--config of curl is not understood/],
  'headers from a file': [`curl ${URL_} -H @given`, 2, /-H @FILE is not read/],
  'headers from standard input': [`curl ${URL_} -H @-`, 2, /-H @FILE is not read/],
  'cookies from a file': [`curl ${URL_} -b given`, 2, /-b FILE is not read/],
  'a file for a URL': ['curl file:///etc/passwd', 2, /no http or https URL/],
  'quotes in quotes': [`curl ${URL_} -H "x: 'a' \\"b\\""`, 1, /no-credentials/],
  'a name that reads as another option': [`curl ${URL_} --header=${SECRET}`, 2, /with a strange name/],
  'a line break in a header': [`curl ${URL_} -H $'x: a\\r\\nauthorization: b'`, 2, /no header can carry/],
  'a NUL in a header': [`curl ${URL_} -H $'x: \\x00'`, 2, /no header can carry/]
}

t.test('curl commands: nothing is run, read, written or sent', async (t) => {
  const cwd = mkdtempSync(join(folder, 'curl-'))
  writeFileSync(join(cwd, 'given'), SECRET)
  for (const [name, [command, code, says]] of Object.entries(CURLS)) {
    const found = await run(['request', '--curl', '-', '--offline'], command, cwd)
    t.equal(found.code, code, name)
    t.match(found.stdout + found.stderr, says, name)
    holdsNoSecret(t, found, name)
  }
  t.strictSame(readdirSync(cwd), ['given'])
})

t.test('a request with a good token is judged the same beside all that', async (t) => {
  const { authorization } = clerk.bearer({ azp: 'https://app.example.com' })
  secret(authorization.slice('Bearer '.length))
  const config = file(`export default ${GOOD}`)
  const command = `curl '${URL_}' -H $'authorization: ${authorization}' --data @given | touch pwned`
  const { exitCode } = await doctor(['request', '--curl', '-', '--config', config], {
    env,
    stdin: command,
    fetch: internet([clerk])
  })
  t.equal(exitCode, 0)
})

t.test('no output holds a secret', async (t) => assertNothingLeaked(t))
