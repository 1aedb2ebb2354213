import { spawn } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../docs/manual.js'
import { writeFiles } from '../fixtures/doctor.js'

// The command as it is installed: built, with streams that take nothing.

t.setTimeout(110_000)

const files = writeFiles(t, {
  'app.mjs': "import { clerkPlugin } from '@clerk/fastify'\napp.register(clerkPlugin)\n",
  'audit.ndjson': ''
})

const COMMANDS: readonly (readonly [code: number, ...args: string[]])[] = [
  [0, '--help'],
  [0, '--version'],
  [2, '--port', 'none'],
  [0, 'help', '--list'],
  [2, 'help', 'no-such-name'],
  [0, 'audit', '--help'],
  [2, 'audit', 'verify', join(files['audit.ndjson'], 'none')],
  [0, 'doctor', '--help'],
  [1, 'doctor', '--offline'],
  [1, 'doctor', '--offline', '--json'],
  [0, 'migrate', '--help'],
  [0, 'migrate', files['app.mjs']]
]

type Output = 'pipe' | number

function run(
  args: readonly string[],
  [stdout, stderr]: readonly [Output, Output],
  without: 'stdout' | 'stderr' | null
) {
  const child = spawn(process.execPath, [join(root, 'dist/cli/index.cjs'), ...args], {
    env: { PATH: process.env.PATH, NODE_ENV: 'test' },
    stdio: ['ignore', stdout, stderr]
  })
  if (without !== null) child[without]?.destroy()
  let shown = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (shown += chunk))
  return new Promise<{ code: number | null; shown: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, shown }))
  )
}

t.test('a reader that goes away changes no exit status, and nothing is thrown', async (t) => {
  for (const [code, ...args] of COMMANDS) {
    for (const without of ['stdout', 'stderr'] as const) {
      const found = await run(args, ['pipe', 'pipe'], without)
      t.equal(found.code, code, `${args.join(' ')} without ${without}`)
      t.notMatch(found.shown, /EPIPE|\n {4}at /, args.join(' '))
    }
  }
})

t.test('output that cannot be written is exit 2', { skip: !existsSync('/dev/full') && 'no /dev/full' }, async (t) => {
  const full = openSync('/dev/full', 'w')
  for (const [, ...args] of COMMANDS.filter(([code]) => code === 0)) {
    const found = await run(args, [full, 'pipe'], null)
    t.equal(found.code, 2, args.join(' '))
    t.ok(found.shown.includes('The output cannot be written (ENOSPC).\n'), args.join(' '))
    t.equal((await run(args, ['pipe', full], null)).code, 0)
  }
})
