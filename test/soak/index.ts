import { fork } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { createLocalClerk, type FaultKind } from '../../src/local/index.js'
import { createAnswers } from './answers.js'
import { checksOf, type Sample } from './checks.js'
import { type ApiKey, HANDSHAKE_USER, startFloods, useKeys } from './floods.js'
import { type Scene, startMixedLoad } from './load.js'
import type { SoakCommand, SoakReply } from './protocol.js'
import { revokeWithStream, startStreams } from './streams.js'
import { createTenants } from './tenants.js'
import { createUsers } from './users.js'

// npm run soak [-- --minutes 10]: mixed load with key rotation, outages, aborted clients and floods of all that strangers
// can send. Fails when memory grows after warm-up, when anything is left open, when an answer is wrong, when calls to Clerk
// or log lines are above the ceilings of SECURITY.md, or when closing takes too long.

const SAMPLE_MS = 5000
/** Longest time between two key fetches under a flood of unknown kids, with the outages scripted here. */
const POLL_MS = 16_000
const SESSIONS = 300
const API_KEYS = 10

const at = process.argv.indexOf('--minutes')
const minutes = at === -1 ? 10 : Number(process.argv[at + 1])
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const clerk = await createLocalClerk({
  frontendApi: 'clerk.soak.test',
  instanceType: 'production',
  handshakeFormat: 'nonce',
  users: [{ id: HANDSHAKE_USER }]
})
await clerk.listen()
const tenants = await createTenants()
const child = fork(fileURLToPath(new URL('server.js', import.meta.url)), { execArgv: ['--expose-gc'] })

async function ask<K extends SoakReply['kind']>(
  command: SoakCommand,
  expected: K
): Promise<Extract<SoakReply, { kind: K }>> {
  child.send(command)
  const [reply] = (await once(child, 'message')) as [SoakReply]
  if (reply.kind !== expected) throw new Error(`The server answered ${reply.kind} instead of ${expected}`)
  return reply as Extract<SoakReply, { kind: K }>
}

const apiKeys: ApiKey[] = Array.from({ length: API_KEYS }, (_, i) => {
  const userId = `user_api_${i}_`
  return { userId, secret: clerk.machineTokens.createApiKey({ subject: userId }) }
})
const { port, tenantsPort } = await ask(
  {
    kind: 'start',
    options: clerk.pluginOptions(),
    apiKeys: apiKeys.map(({ secret }) => secret),
    tenants: tenants.options,
    guests: tenants.guests
  },
  'listening'
)

const BREAKDOWNS: readonly FaultKind[] = [
  { kind: 'status', status: 500 },
  { kind: 'hang' },
  { kind: 'truncated' },
  { kind: 'reset' },
  { kind: 'html' }
]
const BREAKDOWN_MS = 5000
let breakdowns = 0
let rotatedAtMs = Number.NEGATIVE_INFINITY
let brokenAtMs = Number.NEGATIVE_INFINITY

const answers = createAnswers()
const users = createUsers(clerk, 'main', SESSIONS)
const scene: Scene = {
  clerk,
  answers,
  users,
  port,
  circumstances: {
    besides: (wasSeen) => (!wasSeen && performance.now() - rotatedAtMs < POLL_MS ? [401, 503] : [503]),
    areKeysCertain: () => performance.now() - Math.max(rotatedAtMs, brokenAtMs) > BREAKDOWN_MS + POLL_MS
  }
}
await useKeys(scene, apiKeys)
const streams = startStreams(scene)
const tenantLoad = tenants.start(tenantsPort, answers)
const loads = [startMixedLoad(scene), startFloods(scene, apiKeys), streams, tenantLoad]

const startMs = performance.now()
const endMs = startMs + minutes * 60_000
const samples: Sample[] = []
/** Each event has its own interval, so that over time all combinations occur. */
const events: { readonly everyMs: number; atMs: number; readonly run: () => unknown }[] = [
  { everyMs: 37_000, atMs: 0, run: rotate },
  { everyMs: 53_000, atMs: 0, run: breakDown },
  { everyMs: 67_000, atMs: 0, run: withdrawOldest },
  { everyMs: 3000, atMs: 0, run: revokeNext },
  { everyMs: 4000, atMs: 0, run: () => tenantLoad.revokeNext() }
]
for (const event of events) event.atMs = startMs + event.everyMs

/** The key endpoint is away for a while, each time in another way. */
function breakDown(): void {
  const kind = BREAKDOWNS[breakdowns++ % BREAKDOWNS.length] as FaultKind
  brokenAtMs = performance.now()
  clerk.faults.next({ ...kind, on: 'jwks', times: Number.POSITIVE_INFINITY })
  setTimeout(() => clerk.faults.clear(), BREAKDOWN_MS).unref()
}

async function rotate(): Promise<void> {
  await clerk.rotateKeys({ keepOld: true })
  rotatedAtMs = performance.now()
}

function withdrawOldest(): void {
  const [oldest, ...newer] = clerk.jwks().keys
  if (oldest !== undefined && newer.length > 2) clerk.withdrawKey(oldest.kid)
}

async function revokeNext(): Promise<void> {
  await users.revokeNext((session) =>
    revokeWithStream(scene, session, () => ask({ kind: 'revoke', sessionId: session.id }, 'revoked'))
  )
}

while (performance.now() < endMs) {
  await pause(Math.min(SAMPLE_MS, Math.max(0, endMs - performance.now())))
  for (const event of events) {
    if (performance.now() < event.atMs) continue
    event.atMs += event.everyMs
    await event.run()
  }
  const { measurement } = await ask({ kind: 'measure' }, 'measured')
  const minute = (performance.now() - startMs) / 60_000
  samples.push({ minute, measurement })
  const { bytes, cachedTokens, keyFetches } = measurement
  console.error(
    `${minute.toFixed(1)} min: ${(bytes / 1e6).toFixed(1)} MB, ${cachedTokens} tokens, ${keyFetches} key fetches, ` +
      `${answers.wrongCount} wrong answers`
  )
}
await Promise.all(loads.map((load) => load.stop()))
clerk.faults.clear()
await pause(1500)
const { measurement: atRest } = await ask({ kind: 'measure' }, 'measured')
const closed = await ask({ kind: 'close' }, 'closed')
child.disconnect()
await Promise.race([once(child, 'exit'), pause(2000)])
const hasExited = child.exitCode !== null
if (!hasExited) child.kill()
await Promise.all([clerk.close(), tenants.close()])

const checks = checksOf({ minutes, samples, answers, atRest, closed, hasExited, streamSockets: streams.sockets })
console.log(
  [...answers.tally]
    .sort()
    .map(([name, count]) => `${String(count).padStart(8)}  ${name}`)
    .join('\n')
)
for (const [what, ok] of checks) console.log(`${ok ? 'ok    ' : 'NOT OK'}  ${what}`)
process.exitCode = checks.every(([, ok]) => ok) ? 0 : 1
