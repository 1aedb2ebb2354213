import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'

// A process of its own: each warning is given to a process once, and its standard error is what a developer sees.
const PROGRAM = `
  import Fastify from 'fastify'
  const { default: clerkAuth, createTokenVerifier } = await import('${new URL('../../../src/index.js', import.meta.url)}')
  const options = JSON.parse(process.argv[1])
  process.on('warning', ({ name, code, message }) => console.log(JSON.stringify({ name, code, message })))
  for (let servers = 0; servers < 2; servers++) {
    const app = Fastify()
    await app.register(clerkAuth, options)
    await app.ready()
    await app.close()
  }
  createTokenVerifier(options)
`
const KEYS = { publishableKey: 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k', jwks: { warmUp: false } }

async function warningsWith(options: object): Promise<readonly unknown[]> {
  const args = ['--input-type=module', '--eval', PROGRAM, JSON.stringify({ ...KEYS, ...options })]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args)
  const warnings = stdout.split('\n').filter(Boolean)
  for (const warning of warnings) t.match(stderr, JSON.parse(warning).message)
  if (warnings.length === 0) t.equal(stderr, '')
  return warnings.map((line) => JSON.parse(line) as unknown)
}

t.test('a server without a log says which setting may be a mistake, once', async (t) => {
  const warning = (message: RegExp) => ({ name: 'ClerkAuthWarning', code: 'FST_CLERK_OPTION_RISK', message })
  const cases = [
    [{ secretKey: 'sk_live_abc', apiUrl: 'http://bapi.internal' }, [/^apiUrl is plain http/]],
    [{ reportOnly: ['authorizedParties'] }, [/^reportOnly lists "authorizedParties"/]],
    [{ reportOnly: ['issuer'], issuer: null }, [/^reportOnly lists "issuer"/]],
    [
      { reportOnly: ['issuer', 'authorizedParties'], issuer: null },
      [/^reportOnly lists "issuer"/, /^reportOnly lists "authorizedParties"/]
    ],
    [{ reportOnly: ['authorizedParties'], authorizedParties: ['https://app.example.com'] }, []],
    [{}, []]
  ] as const
  for (const [options, messages] of cases) {
    const warnings = await warningsWith(options)
    t.equal(warnings.length, messages.length, JSON.stringify(options))
    t.match(warnings, messages.map(warning))
  }
})
