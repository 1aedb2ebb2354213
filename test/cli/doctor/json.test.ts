import t, { type Test } from 'tap'
import { createLocalClerk } from '../../../src/local/index.js'
import { manual, section } from '../../docs/manual.js'
import { failedFetch, type ParsedReport, report, writeFiles } from '../../fixtures/doctor.js'

// The shape of the report is that of the tables in the manual: each member, and none besides.

const clerk = await createLocalClerk()
await clerk.listen(0)
t.teardown(() => clerk.close())
const { publishableKey, secretKey, apiUrl, proxyUrl } = clerk.pluginOptions()
const env = {
  CLERK_PUBLISHABLE_KEY: publishableKey,
  CLERK_SECRET_KEY: secretKey,
  CLERK_API_URL: apiUrl,
  CLERK_PROXY_URL: proxyUrl ?? ''
}
const files = writeFiles(t, {
  'config.mjs': `export default { authorizedParties: ['http://localhost:3000'] }`,
  'any.mjs': `export default { acceptsToken: 'any' }`
})
// The FAPI host of a local Clerk is no name that resolves.
const fetch: typeof globalThis.fetch = async (input, init) => {
  if (new URL(String(input)).hostname !== 'localhost') throw failedFetch('ENOTFOUND')
  return globalThis.fetch(input, init)
}
const ARGS = ['--config', files['config.mjs']]

const namesIn = (text: string) => [...text.matchAll(/`([a-zA-Z]+)`/g)].map(([, name = '']) => name)

/** Members by subject, and members of the objects in them, as the tables have them. */
const tables = section(manual('src/cli/README.md').path, 'The report as JSON').split(/^Of a /m)
const rows = tables.map((table) =>
  [...table.matchAll(/^\| (`.+?) \| (.+) \|$/gm)].map(([, names = '', meaning = '']) => ({
    names: namesIn(names),
    // Texts in parentheses list values.
    inner: /^a list|^`path`/.test(meaning) ? namesIn(meaning.replaceAll(/\([^()]*\)/g, '')) : []
  }))
)
const [COMMON = [], ...OWN] = rows.map((table) => table.flatMap(({ names }) => names))
const SUBJECTS = ['check', 'token', 'request']
const INNER = new Map(
  rows.flat().flatMap(({ names, inner }) => (inner.length > 0 ? [[names[0] ?? '', inner] as const] : []))
)

const RUNS: readonly (readonly [subject: string, args: readonly string[], stdin?: string])[] = [
  ['check', ARGS],
  ['check', [...ARGS, '--offline']],
  ['check', []],
  ['token', ['token', '-', ...ARGS], clerk.signSessionToken({ azp: 'http://localhost:3000' })],
  ['token', ['token', '-', ...ARGS], clerk.signSessionToken({ azp: 'http://localhost:4000' })],
  ['token', ['token', '-', ...ARGS, '--offline'], clerk.signSessionToken()],
  ['token', ['token', '-', '--config', files['any.mjs']], 'ak_0123456789abcdef'],
  ['token', ['token', '-', ...ARGS], 'a.b.c'],
  ['request', ['request', '-', ...ARGS], 'curl http://localhost:3000/me'],
  ['request', ['request', '-', ...ARGS], `GET /me HTTP/1.1\nHost: localhost:3000\nCookie: __session=a.b.c\n`],
  [
    'request',
    ['request', '-', ...ARGS],
    `GET / HTTP/1.1\nHost: localhost:3000\nAuthorization: ${clerk.bearer({ azp: 'http://localhost:3000' }).authorization}\n`
  ],
  [
    'request',
    ['request', '-', ...ARGS, '--offline'],
    `GET / HTTP/1.1\nHost: localhost:3000\nAccept: text/html\nSec-Fetch-Dest: document\n`
  ]
]

function assertShape(test: Test, json: ParsedReport, subject: string, label: string): void {
  const own = OWN[SUBJECTS.indexOf(subject)] ?? []
  test.strictSame(Object.keys(json).sort(), [...COMMON, ...own].sort(), label)
  for (const [name, members] of INNER) {
    const value = json[name]
    if (value === undefined) continue
    for (const each of Array.isArray(value) ? value : [value]) {
      test.strictSame(Object.keys(each).sort(), [...members].sort(), `${label}: ${name}`)
    }
  }
}

t.test('the tables are found', async (t) => {
  t.strictSame(COMMON, ['version', 'subject', 'exitCode', 'causes'])
  t.equal(OWN.length, SUBJECTS.length)
  t.strictSame([...INNER.keys()].sort(), ['causes', 'checks', 'decidedBy', 'keySets', 'options'])
})

t.test('each report has the members of its tables', async (t) => {
  const seen = new Set<number>()
  for (const [subject, args, stdin = ''] of RUNS) {
    const label = `${args.filter((arg) => !arg.startsWith('/')).join(' ')} < ${stdin.slice(0, 30)}`
    const { status, json } = await report(args, { env: args.length === 0 ? {} : env, stdin, fetch })
    assertShape(t, json, subject, label)
    t.match(json, { version: 1, subject, exitCode: status }, label)
    t.ok([0, 1, 2].includes(status), label)
    for (const { severity } of json.causes) t.match(severity, /^(error|warning|note)$/, label)
    seen.add(status)
  }
  t.strictSame([...seen].sort(), [0, 1, 2])
})

t.test('a report of what cannot be examined has the members that all have', async (t) => {
  for (const args of [['--no-such-option'], ['token', '-'], ['request', '-'], ['--config', 'none.mjs']]) {
    const { status, json } = await report(args, { env, fetch })
    t.strictSame(Object.keys(json).sort(), [...COMMON].sort(), args.join(' '))
    t.match(json, { version: 1, exitCode: 2, causes: [{ cause: 'input', severity: 'error' }] }, args.join(' '))
    t.equal(status, 2)
  }
})
