import type { LocalClerk } from '../../src/local/index.js'
import type { ServerUsage } from '../servers/protocol.js'
import type { Settings } from '../settings.js'
import type { Stream, StreamResult } from '../traffic/autocannon-generator.js'
import { bearerHeaders, forge, type Headers, signToken } from '../traffic/material.js'
import { createRandom, createZipf, mix } from '../traffic/random.js'

/** The result of one round, which its profile checks. */
export interface RoundFacts {
  readonly usage: ServerUsage
  readonly streams: readonly StreamResult[]
  /** Fetches of the key set during the round. */
  readonly keyFetches: number
}

export interface ProfileRound {
  /** Sent once before the measurement. */
  readonly warmup: readonly Headers[]
  /** Returns the requests of the measurement. Called after the warm-up. */
  streams(): readonly Stream[] | Promise<readonly Stream[]>
  /** Throws unless the responses are those that this profile expects. */
  check(facts: RoundFacts): void
}

export interface Profile {
  readonly name: string
  readonly what: string
  /** Whether it brings tokens whose signatures are to be checked, on the thread pool, so that other cores can take part. */
  readonly hasNewTokens: boolean
  /** Each round has a new server, because the first requests are measured. */
  createRound(clerk: LocalClerk, settings: Settings, round: number): Promise<ProfileRound>
}

const sum = (record: Readonly<Record<string, number>>) =>
  Object.values(record).reduce((total, count) => total + count, 0)

function expectOnly(stream: StreamResult, ...statuses: string[]): void {
  const others = Object.keys(stream.statuses).filter((status) => !statuses.includes(status))
  if (others.length > 0 || stream.errors > 0 || sum(stream.statuses) === 0) {
    throw new Error(
      `${stream.name}: expected only ${statuses}, got ${JSON.stringify(stream.statuses)}, ${stream.errors} errors`
    )
  }
}

function expectEqual(what: string, actual: number | undefined, expected: number): void {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`)
}

function sign(clerk: LocalClerk, label: string, count: number): string[] {
  return Array.from({ length: count }, (_, user) => signToken(clerk, `${label}_${user}`))
}

function known(clerk: LocalClerk, settings: Settings): { warmup: Headers[]; drawn: Headers[] } {
  const warmup = sign(clerk, 'known', settings.users).map(bearerHeaders)
  const draw = createZipf(warmup.length, createRandom(settings.seed))
  return { warmup, drawn: Array.from({ length: warmup.length }, () => warmup[draw()] as Headers) }
}

const timed = (name: string, requests: readonly Headers[], connections: number): Stream => ({
  name,
  requests,
  connections,
  amount: null,
  spread: true
})

const steady: Profile = {
  name: 'steady',
  what: 'tokens seen before, some users far more often than others',
  hasNewTokens: false,
  async createRound(clerk, settings) {
    const { warmup, drawn } = known(clerk, settings)
    return {
      warmup,
      streams: () => [timed('known tokens', drawn, settings.load.connections)],
      check({ streams }) {
        for (const stream of streams) expectOnly(stream, '200')
      }
    }
  }
}

const loginWave: Profile = {
  name: 'login-wave',
  what: 'users with known tokens, while as many connections bring tokens never seen',
  hasNewTokens: true,
  async createRound(clerk, settings, round) {
    const { warmup, drawn } = known(clerk, settings)
    const { firstSeenTokens, connections } = settings.load
    const fresh = sign(clerk, `wave${round}`, firstSeenTokens).map(bearerHeaders)
    return {
      warmup,
      streams: () => [
        timed('known tokens', drawn, connections),
        { name: 'first-seen tokens', requests: fresh, connections, amount: fresh.length, spread: true }
      ],
      check({ streams }) {
        for (const stream of streams) expectOnly(stream, '200')
      }
    }
  }
}

const coldStart: Profile = {
  name: 'cold-start',
  what: 'a server that has just started: no keys, no tokens, everybody at once',
  hasNewTokens: true,
  async createRound(clerk, settings, round) {
    const { coldUsers, coldRequests, coldConnections } = settings.load
    const users = sign(clerk, `cold${round}`, coldUsers).map(bearerHeaders)
    return {
      warmup: [],
      streams: () => [
        { name: 'everybody', requests: users, connections: coldConnections, amount: coldRequests, spread: true }
      ],
      check({ streams, keyFetches, usage }) {
        for (const stream of streams) expectOnly(stream, '200')
        expectEqual('key fetches', keyFetches, 1)
        const reached = Math.min(coldUsers, coldRequests)
        if ((usage.counters.verifications ?? 0) > reached)
          expectEqual('verifications', usage.counters.verifications, reached)
      }
    }
  }
}

const mixed: Profile = {
  name: 'mixed',
  what: '90 % known, 9 % first seen, 1 % forged',
  hasNewTokens: true,
  async createRound(clerk, settings, round) {
    const random = createRandom(settings.seed + round)
    const { warmup } = known(clerk, settings)
    const draw = createZipf(warmup.length, random)
    const fresh = sign(clerk, `mixed${round}`, settings.load.firstSeenTokens)
    const forged = fresh.slice(0, 20).map((token) => bearerHeaders(forge(token)))
    const total = Math.floor(fresh.length / 0.09)
    let nextFresh = 0
    let nextForged = 0
    const shares = new Map<() => Headers, number>([
      [() => warmup[draw()] as Headers, 0.9],
      [() => bearerHeaders(fresh[nextFresh++ % fresh.length] as string), 0.09],
      [() => forged[nextForged++ % forged.length] as Headers, 0.01]
    ])
    const requests = mix(shares, total, random)
    return {
      warmup,
      streams: () => [
        { name: 'all', requests, connections: settings.load.connections, amount: requests.length, spread: true }
      ],
      check({ streams }) {
        for (const stream of streams) expectOnly(stream, '200', '401')
      }
    }
  }
}

const pageBurst: Profile = {
  name: 'page-burst',
  what: 'pages that fire ten calls at once with a token not seen before',
  hasNewTokens: true,
  async createRound(clerk, settings, round) {
    const { warmup } = known(clerk, settings)
    const fresh = sign(clerk, `page${round}`, Math.ceil(settings.load.firstSeenTokens / 10))
    return {
      warmup,
      streams: () => [
        { name: 'pages', requests: fresh.map(bearerHeaders), connections: 10, amount: fresh.length * 10, spread: false }
      ],
      check({ streams, usage }) {
        for (const stream of streams) expectOnly(stream, '200')
        if (usage.counters.verifications !== undefined) {
          expectEqual('verifications, one for each page', usage.counters.verifications, fresh.length)
        }
      }
    }
  }
}

const unknownKid: Profile = {
  name: 'unknown-kid flood',
  what: 'users with known tokens, while as many connections bring tokens that name keys nobody has',
  hasNewTokens: false,
  async createRound(clerk, settings) {
    const { warmup, drawn } = known(clerk, settings)
    const flood = Array.from({ length: 200 }, (_, i) => {
      const token = clerk.signSessionToken({ userId: `user_flood_${i}`, header: { kid: `ins_${i}nobody` } })
      return bearerHeaders(forge(token))
    })
    return {
      warmup,
      streams: () => [
        timed('known tokens', drawn, settings.load.connections),
        timed('unknown keys', flood, settings.load.connections)
      ],
      check({ streams: [users, attackers], keyFetches }) {
        if (users === undefined || attackers === undefined) throw new Error('Both streams have to answer')
        expectOnly(users, '200')
        expectOnly(attackers, '401')
        if (keyFetches > 3) throw new Error(`A flood of unknown keys caused ${keyFetches} fetches`)
      }
    }
  }
}

const rotation: Profile = {
  name: 'key rotation',
  what: 'known tokens, and tokens of a key that the instance made a moment ago',
  hasNewTokens: true,
  async createRound(clerk, settings, round) {
    const { warmup, drawn } = known(clerk, settings)
    return {
      warmup,
      async streams() {
        // After the warm-up, when the server has the old key set: it meets the new key under load.
        await clerk.rotateKeys({ keepOld: true })
        const count = Math.ceil(settings.load.firstSeenTokens / 10)
        const after = sign(clerk, `rotated${round}`, count).map(bearerHeaders)
        return [
          timed('known tokens', drawn, settings.load.connections),
          { name: 'tokens of the new key', requests: after, connections: 5, amount: after.length, spread: true }
        ]
      },
      check({ streams: both }) {
        for (const stream of both) expectOnly(stream, '200')
      }
    }
  }
}

const endpointDown: Profile = {
  name: 'key endpoint down',
  what: 'known tokens and first-seen ones, while the key endpoint answers nothing but errors',
  hasNewTokens: true,
  async createRound(clerk, settings, round) {
    const { warmup, drawn } = known(clerk, settings)
    const fresh = sign(clerk, `down${round}`, Math.ceil(settings.load.firstSeenTokens / 5)).map(bearerHeaders)
    return {
      warmup,
      streams() {
        clerk.faults.next({ kind: 'status', status: 500, on: 'jwks', times: Number.POSITIVE_INFINITY })
        return [
          timed('known tokens', drawn, settings.load.connections),
          { name: 'first-seen tokens', requests: fresh, connections: 5, amount: fresh.length, spread: true }
        ]
      },
      check({ streams }) {
        for (const stream of streams) expectOnly(stream, '200')
      }
    }
  }
}

export const profiles: readonly Profile[] = [
  steady,
  loginWave,
  coldStart,
  mixed,
  pageBurst,
  unknownKid,
  rotation,
  endpointDown
]
