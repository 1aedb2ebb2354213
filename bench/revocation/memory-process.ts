// Memory of revocations and of idle connections, measured in a process that is started with --expose-gc.
import { createSignedInAuth } from '../../src/core/auth/session-auth.js'
import { createLifetimes } from '../../src/core/connections/lifetime.js'
import { silentLogger } from '../../src/core/logger.js'
import { createRevocations } from '../../src/core/revocation/revocations.js'
import type { Revocations } from '../../src/core/revocation/types.js'
import type { VerificationOutcome } from '../../src/core/token/outcome.js'
import { serve } from '../measure/child.js'

export interface MemoryRow {
  readonly what: string
  readonly count: number
  readonly bytes: number
}

export interface MemoryResult {
  readonly rows: readonly MemoryRow[]
  /** Milliseconds for which the event loop is blocked. */
  readonly revokeAllMs: number
  readonly overflowMs: number
}

const REVOCATIONS = 100_000
const CONNECTIONS = 50_000
// Identifiers have the length of Clerk's.
const id = (prefix: string, i: number) => `${prefix}_2hGq7XcM0kQyTnE4dV5${String(i).padStart(8, '0')}`

function heapUsed(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function measure<T>(what: string, count: number, make: () => T): { row: MemoryRow; made: T } {
  const before = heapUsed()
  const made = make()
  return { row: { what, count, bytes: heapUsed() - before }, made }
}

function create(maxEntries = 250_000): Revocations {
  return createRevocations({ now: Date.now, clockSkewMs: 5_000, logger: silentLogger, maxEntries })
}

function fill(revoke: (revocations: Revocations, i: number) => unknown): Revocations {
  const revocations = create()
  for (let i = 0; i < REVOCATIONS; i++) revoke(revocations, i)
  return revocations
}

function auth(i: number) {
  const now = Math.floor(Date.now() / 1000)
  const claims = { sub: id('user', i), sid: id('sess', i), iat: now, exp: now + 60 }
  return createSignedInAuth(claims, '', { now: Date.now } as never)
}

function measureAll(): MemoryResult {
  const rows: MemoryRow[] = []
  const keep: unknown[] = []
  const add = <T>(what: string, count: number, make: () => T): T => {
    const { row, made } = measure(what, count, make)
    rows.push(row)
    keep.push(made)
    return made
  }

  add('revoked sessions', REVOCATIONS, () => fill((all, i) => all.revoke({ sessionId: id('sess', i) })))
  add('revoked memberships, 1,000 organizations', REVOCATIONS, () =>
    fill((all, i) => all.revoke({ organizationId: id('org', i % 1000), userId: id('user', i) }))
  )
  add('revoked memberships, an organization each', REVOCATIONS, () =>
    fill((all, i) => all.revoke({ organizationId: id('org', i), userId: id('user', i) }))
  )

  const auths = Array.from({ length: CONNECTIONS }, (_, i) => auth(i))
  const revocations = create()
  const verify = () => ({ ok: false }) as VerificationOutcome
  const open = () => createLifetimes({ now: Date.now, clockSkewMs: 5_000, revocations, verify })
  add('idle connections, claims apart', CONNECTIONS, () => {
    const lifetimes = open()
    return [lifetimes, auths.map((auth) => lifetimes.open(auth))]
  })
  const listening = add('idle connections with a listener on the signal', CONNECTIONS, () => {
    const lifetimes = open()
    const list = auths.map((auth) => lifetimes.open(auth))
    for (const { signal } of list) signal.addEventListener('abort', onAbort, { once: true })
    return list
  })

  let began = performance.now()
  for (let i = 0; i < CONNECTIONS; i++) void revocations.revoke({ sessionId: id('sess', i) })
  const revokeAllMs = performance.now() - began
  if (aborted !== listening.length) throw new Error(`${aborted} signals fired`)

  const full = create(REVOCATIONS)
  for (let i = 0; i < REVOCATIONS; i++) void full.revoke({ sessionId: id('sess', i) })
  began = performance.now()
  void full.revoke({ sessionId: 'one too many' })
  const overflowMs = performance.now() - began
  return keep.length > 0 ? { rows, revokeAllMs, overflowMs } : { rows: [], revokeAllMs, overflowMs }
}

let aborted = 0
function onAbort(): void {
  aborted++
}

serve(measureAll)
