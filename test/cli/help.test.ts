import t from 'tap'
import { CAUSES } from '../../src/cli/doctor/causes.js'
import { runHelpCommand } from '../../src/cli/help.js'
import { names } from '../../src/help/find.js'

function run(...args: readonly string[]) {
  const written = { stdout: '', stderr: '' }
  const status = runHelpCommand(args, {
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) }
  })
  return { status, ...written }
}

t.test('a code is explained: message, cause, cure', async (t) => {
  const { status, stdout, stderr } = run('FST_CLERK_OPTION_NO_KEY_SOURCE')
  t.equal(status, 0)
  t.equal(stderr, '')
  t.match(stdout, /^FST_CLERK_OPTION_NO_KEY_SOURCE\n {2}at boot: Nothing says where verification keys come from/)
  t.match(stdout, /\n {2}Cause: .*\n {2}Cure: .*--env-file/)
})

t.test('each name is explained, without marks that a terminal does not know', async (t) => {
  for (const name of names) {
    const { status, stdout } = run(name)
    t.equal(status, 0, name)
    t.ok(stdout.includes(`${name}\n`), name)
    t.notMatch(stdout, /\]\(|`/, name)
    t.notMatch(stdout, /%s|<value>/, `${name}: names are readable`)
  }
})

t.test('an error that only a starting server meets is said to be one, and names stand for its values', async (t) => {
  t.match(run('FST_CLERK_UNDEFINED_HOOK').stdout, /\n {2}at boot: Routes have no guard, .* no hook: <routes>\. fastify/)
  t.match(run('FST_CLERK_OPTION_TYPE').stdout, /\n {2}at boot: <option> must be <expected type>, not <given type>\n/)
  t.match(run('FST_CLERK_UNAUTHORIZED').stdout, /\n {2}status 401: Authentication is required: <reason>\n/)
  t.match(run('FST_CLERK_REVOCATION_TIME').stdout, /\n {2}when called: /)
})

t.test('a line of the log is explained by the name in its help', async (t) => {
  const { status, stdout } = run('audit-full')
  t.equal(status, 0)
  t.match(stdout, /^log: audit-full\n {2}error: The audit log is full; .*\n {2}Cause: .*\n {2}Cure: {2}/)
})

t.test('each cause that the doctor prints is explained, and not taken for another', async (t) => {
  for (const [name, { message, cure }] of Object.entries(CAUSES)) {
    const { status, stdout } = run(name)
    t.equal(status, 0, name)
    t.ok(stdout.startsWith(`${name}\n  doctor, `), name)
    t.ok(stdout.includes(`  Cause: ${message}\n  Cure:  ${cure}\n`), name)
  }
  t.notMatch(run('redirect-loop').stdout, /endpoint/i)
  t.match(run('fetch-dns').stdout, /^fetch: dns\n/)
  t.match(run('redirect-308').stdout, /^fetch: redirect\n/)
})

t.test('an unknown name is said so, harmlessly, and the others are explained all the same', async (t) => {
  const { status, stdout, stderr } = run('jwk-kid-mismatch', 'no\u001b[2Jsuch')
  t.equal(status, 2)
  t.match(stdout, /^jwk-kid-mismatch\n/)
  t.match(stderr, /^Nothing is known of no\\u001b\[2Jsuch\. .*--list\n$/)
})

t.test('without a name, the usage; with --list, all names', async (t) => {
  for (const args of [[], ['--help'], ['-h', 'x']]) t.match(run(...args), { status: 0, stdout: /^Usage: / })
  t.strictSame(new Set(run('--list').stdout.trimEnd().split('\n')), new Set([...names, ...Object.keys(CAUSES)]))
})
