import { execFileSync } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { pairedRatio, type Summary, summarize } from '../measure/statistics.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

// The package as users import it: the bundle of `npm run build`. No keys are fetched, as that would measure the
// network.
const PROGRAMS = {
  'node alone': '',
  "import('fastify')": `await import('fastify')`,
  'and a plugin that does nothing': `
    const { default: Fastify } = await import('fastify')
    const { default: fastifyPlugin } = await import('fastify-plugin')
    await Fastify().register(fastifyPlugin(async () => {}))`,
  'and fastify-clerk-auth, registered': `
    const { default: Fastify } = await import('fastify')
    const { default: clerkAuth } = await import('fastify-clerk-auth')
    await Fastify().register(clerkAuth, {
      publishableKey: 'pk_live_${Buffer.from('clerk.example.com$').toString('base64')}',
      jwks: { warmUp: false }
    })`
} as const

type Program = keyof typeof PROGRAMS

const BASELINE: Program = "import('fastify')"

export interface BootRow {
  readonly name: string
  readonly milliseconds: Summary
  /** Against `import('fastify')` of the same round. */
  readonly ratio: Summary
}

/** Wall time of whole processes, from their start to their exit, in alternation. */
export function measureBoot(rounds: number): BootRow[] {
  const names = Object.keys(PROGRAMS) as Program[]
  const times = new Map<Program, number[]>(names.map((name) => [name, []]))
  for (const name of names) run(PROGRAMS[name])
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) times.get(name)?.push(run(PROGRAMS[name]))
  }
  const baseline = times.get(BASELINE) ?? []
  return [...times].map(([name, ms]) => ({ name, milliseconds: summarize(ms), ratio: pairedRatio(ms, baseline) }))
}

// Without NODE_* variables: such settings (more certificates, say) make every start longer, and ratios look better.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')))

function run(program: string): number {
  const startedMs = performance.now()
  execFileSync(process.execPath, ['--input-type=module', '--eval', `${program}\nprocess.exit()`], { cwd: ROOT, env })
  return performance.now() - startedMs
}
