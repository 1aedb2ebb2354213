// Bundled by the usual tools, with and without optional peers, and started where there is no node_modules.
import { join } from 'node:path'
import t from 'tap'
import { createConsumer, createWorkspace, installed, optionalPeers } from './consumer-folder.js'

t.setTimeout(300_000)

const TOOLS = ['esbuild', 'rollup', 'webpack', 'ncc'] as const
const FORMATS = ['cjs', 'esm'] as const

const files = 'test/package/bundlers'
const tools = createWorkspace(t, 'bundlers', files)
tools.install(
  installed('esbuild'),
  installed('rollup'),
  '@rollup/plugin-commonjs@^29',
  '@rollup/plugin-json@^6',
  '@rollup/plugin-node-resolve@^16',
  '@vercel/ncc@^0.45.0',
  'webpack@^5.113.0'
)
const consumer = createConsumer(t, 'bundled', files)

/** What the bundled program prints, where each feature answers so. */
function expected(answers: Readonly<Record<string, string>>) {
  return {
    signedIn: 'user_1',
    signedOut: 401,
    verified: true,
    refusals: 1,
    records: 1,
    channels: 7,
    entries: ['function', 'function', 'function', 'function'],
    signInPage: true,
    answers
  }
}

const without = expected({
  metrics: 'FST_CLERK_METRICS_PEER',
  webhooks: 'FST_CLERK_WEBHOOK_VERIFIER_MISSING',
  pino: 'FST_CLERK_AUDIT_PEER',
  'pino-roll': 'FST_CLERK_AUDIT_PEER',
  pg: 'FST_CLERK_AUDIT_PEER',
  selfsigned: 'FST_CLERK_LOCAL_PEER'
})
const together = expected({
  metrics: 'works',
  webhooks: 'works',
  pino: 'works',
  'pino-roll': 'works',
  pg: 'works',
  selfsigned: 'works'
})

function testBundle(tool: string, format: string, input: string, answers: unknown): void {
  t.test(`${tool} bundles ${input} to ${format}`, async (t) => {
    const place = createWorkspace(t, 'bundle')
    const source = join(consumer.folder, input)
    const { status, stdout, stderr } = tools.run(process.execPath, 'bundle.mjs', tool, format, source, place.folder)
    t.equal(status, 0, stdout + stderr)
    t.strictSame(place.node(format === 'esm' ? 'app.mjs' : 'app.cjs'), answers)
  })
}

for (const tool of TOOLS) {
  testBundle(tool, 'cjs', 'app.cjs', { signedIn: 'user_1', signedOut: 401 })
  for (const format of FORMATS) testBundle(tool, format, 'app.mjs', without)
}

t.test('optional peers are installed', async () => consumer.install(...optionalPeers.map(installed)))

for (const tool of TOOLS) for (const format of FORMATS) testBundle(tool, format, 'app.mjs', together)
