import type { Fault, LocalClerk } from '../../src/local/index.js'
import type { Cell, Scenario } from './cell.js'

/** Longer than any contender keeps a key set without fetching: the longest default is 10 minutes. */
const PAST_EVERY_CACHE_MS = 660_000
/** How long our package may accept a withdrawn key while the endpoint answers: the default of `cacheMaxAgeInMs`. */
const FRESH_MS = 300_000
const FOR_EVER = Number.POSITIVE_INFINITY
const PER_SECOND = 20
const AFTERWARDS = 60
/** Longer than the slowest answer takes. */
const SLOW_DRAIN_MS = 9000
/** A contender that fetches for every unknown kid has a queue to work off. */
const FLOOD_DRAIN_MS = 20_000

/** The endpoint fails for eleven minutes of steady traffic. */
function outage(name: string, fault: Fault, before?: (cell: Cell) => void): Scenario {
  return {
    name,
    isWarm: true,
    async run(cell) {
      before?.(cell)
      cell.clerk.faults.next({ ...fault, on: 'jwks', times: FOR_EVER })
      await cell.pass(PAST_EVERY_CACHE_MS)
      await cell.traffic(AFTERWARDS, PER_SECOND)
    }
  }
}

/** The endpoint is slow when traffic begins after eleven idle minutes. */
function slow(name: string, fault: Fault): Scenario {
  return {
    name,
    isWarm: true,
    drainMs: SLOW_DRAIN_MS,
    async run(cell) {
      await cell.pass(PAST_EVERY_CACHE_MS, true)
      cell.clerk.faults.next({ ...fault, on: 'jwks', times: FOR_EVER })
      await cell.traffic(AFTERWARDS, PER_SECOND)
    }
  }
}

/** `elsewhere` serves the keys of another instance. */
export function createScenarios(elsewhere: LocalClerk): readonly Scenario[] {
  const attacker = () => elsewhere.signSessionToken({ claims: { azp: 'https://attacker.test' } })
  return [
    outage('status 500', { kind: 'status', status: 500 }),
    outage('429, Retry-After 30 s', { kind: 'status', status: 429, retryAfter: 30 }),
    outage('hangs', { kind: 'hang' }),
    outage('resets connections', { kind: 'reset' }),
    outage('HTML instead of JSON', { kind: 'html' }),
    outage('body cut off', { kind: 'truncated' }),
    outage('broken JSON', { kind: 'broken-json' }),
    outage('other JSON', { kind: 'wrong-json' }),
    outage('empty key set', { kind: 'empty-set' }),
    outage('8 MiB of JSON', { kind: 'oversized' }),
    outage(
      'redirect to another host',
      { kind: 'redirect', location: `${elsewhere.pluginOptions().apiUrl}/.well-known/jwks.json` },
      (cell) => cell.probe(attacker())
    ),
    slow('answers after 1 s', { kind: 'delay', delayInMs: 1000 }),
    slow('drips for 7 s', { kind: 'slow-drip', everyInMs: 250, chunkBytes: 18 }),
    {
      name: 'cold start, 100 at once',
      isWarm: false,
      async run(cell) {
        cell.clerk.faults.next({ kind: 'delay', delayInMs: 200, on: 'jwks', times: FOR_EVER })
        cell.burst(100)
      }
    },
    {
      name: 'rotation',
      isWarm: true,
      async run(cell) {
        await cell.pass(120_000, true)
        await cell.clerk.rotateKeys()
        await cell.traffic(AFTERWARDS, PER_SECOND)
      }
    },
    {
      name: 'rotation right after a fetch',
      isWarm: true,
      async run(cell) {
        await cell.clerk.rotateKeys()
        await cell.traffic(AFTERWARDS, PER_SECOND)
      }
    },
    {
      name: 'flood of unknown kids, 1,000/s',
      isWarm: true,
      isAlone: true,
      drainMs: FLOOD_DRAIN_MS,
      async run(cell) {
        await Promise.all([cell.flood(3000, 1000), cell.traffic(60, PER_SECOND)])
      }
    },
    {
      name: 'rotation under that flood',
      isWarm: true,
      isAlone: true,
      drainMs: FLOOD_DRAIN_MS,
      async run(cell) {
        const flood = cell.flood(5000, 1000)
        await cell.traffic(20, PER_SECOND)
        await cell.clerk.rotateKeys()
        await cell.traffic(80, PER_SECOND)
        await flood
      }
    },
    {
      name: 'withdrawal',
      isWarm: true,
      async run(cell) {
        const { clerk } = cell
        const old = clerk.kid
        await clerk.rotateKeys()
        await cell.traffic(20, PER_SECOND)
        clerk.withdrawKey(old)
        await cell.pass(FRESH_MS)
        for (let i = 0; i < 20; i++) cell.probe(clerk.signSessionToken({ kid: old, sessionId: `sess_${i}` }))
        await cell.traffic(20, PER_SECOND)
      }
    }
  ]
}
