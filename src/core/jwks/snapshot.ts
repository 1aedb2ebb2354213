import { createHmac, timingSafeEqual } from 'node:crypto'
import { isRecord, parseJson } from '../json.js'
import type { KeySetSnapshotStore } from '../options/jwks.js'
import type { KeySetAnswer } from './source.js'

/** Key sets kept outside the process, for a start without the network and for other processes. */
export interface Snapshots {
  /** Null when the store has none of this source; `failed` when it cannot be read or is not valid. Never rejects. */
  read(): Promise<KeySetAnswer | null | 'failed'>
  /** False when the store failed. Never rejects. */
  write(kept: KeySetAnswer): Promise<boolean>
  /** Whether the store can give turns to fetch. */
  readonly givesTurns: boolean
  /** True: this process has the turn for `ms`. Also true when the store fails: then each process fetches for itself. */
  claim(ms: number): Promise<boolean>
}

export interface SnapshotSettings {
  readonly store: KeySetSnapshotStore
  /** Id of the key source: a snapshot of another instance or endpoint is ignored. */
  readonly sourceId: string
  /** Seals the snapshot (HMAC): write access to the store then does not suffice to add keys. Null: not sealed. */
  readonly secretKey: string | null
  readonly maxBytes: number
  readonly now: () => number
}

interface Envelope {
  readonly version: 1
  readonly source: string
  readonly fetchedAtMs: number
  readonly maxAgeMs: number | null
  readonly keySet: string
}

/** How far the clock of the process that wrote a snapshot may be ahead of ours. */
const MAX_FUTURE_MS = 60_000
/** Room for the envelope: the quotes of the key set are escaped in it. */
const ENVELOPE_FACTOR = 3

/** Longest snapshot of a key set of `maxBytes`, in characters. */
export function maxSnapshotLength(maxBytes: number): number {
  return maxBytes * ENVELOPE_FACTOR
}

export function createSnapshots(settings: SnapshotSettings): Snapshots {
  const { store, sourceId, secretKey, now } = settings
  const sealKey =
    secretKey === null ? null : createHmac('sha256', secretKey).update('fastify-clerk-auth key set snapshot').digest()
  const seal = (body: string) =>
    sealKey === null ? '' : createHmac('sha256', sealKey).update(body).digest('base64url')

  return {
    async read() {
      let text: string | null | undefined
      try {
        text = await store.get()
      } catch {
        return 'failed'
      }
      if (text === null || text === undefined) return null
      if (typeof text !== 'string' || text.length > maxSnapshotLength(settings.maxBytes)) return 'failed'
      const end = text.indexOf('\n')
      if (end === -1) return 'failed'
      const body = text.slice(end + 1)
      if (!isEqual(text.slice(0, end), seal(body))) return 'failed'
      const envelope = parseEnvelope(body)
      if (envelope === null || envelope.keySet.length > settings.maxBytes) return 'failed'
      if (envelope.source !== sourceId) return null
      const nowMs = now()
      if (envelope.fetchedAtMs > nowMs + MAX_FUTURE_MS) return 'failed'
      return {
        kind: 'key-set',
        text: envelope.keySet,
        // An entity tag from the store is never sent: a 304 to it would confirm keys that somebody put into the store.
        etag: null,
        maxAgeMs: envelope.maxAgeMs,
        fetchedAtMs: Math.min(envelope.fetchedAtMs, nowMs),
        clockOffsetMs: null
      }
    },
    async write({ text, maxAgeMs, fetchedAtMs }) {
      const envelope: Envelope = { version: 1, source: sourceId, fetchedAtMs, maxAgeMs, keySet: text }
      const body = JSON.stringify(envelope)
      try {
        await store.set(`${seal(body)}\n${body}`)
        return true
      } catch {
        return false
      }
    },
    givesTurns: store.claim !== undefined,
    async claim(ms) {
      try {
        return (await store.claim?.(ms)) !== false
      } catch {
        return true
      }
    }
  }
}

function parseEnvelope(body: string): Envelope | null {
  const json = parseJson(body)
  if (!isRecord(json)) return null
  const { version, source, fetchedAtMs, maxAgeMs, keySet } = json
  if (version !== 1 || typeof source !== 'string' || typeof keySet !== 'string') return null
  if (typeof fetchedAtMs !== 'number' || !Number.isFinite(fetchedAtMs)) return null
  if (maxAgeMs !== null && !(typeof maxAgeMs === 'number' && maxAgeMs >= 0)) return null
  return { version, source, fetchedAtMs, maxAgeMs, keySet }
}

function isEqual(given: string, expected: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(expected)
  return a.length === b.length && timingSafeEqual(a, b)
}
