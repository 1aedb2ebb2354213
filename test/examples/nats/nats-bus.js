import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Kvm } from '@nats-io/kv'
import { connect, deferred } from '@nats-io/transport-node'
import { parseRevocation, serializeRevocation } from 'fastify-clerk-auth/revocation'

/** Why a connection fails, by the code or the name of the error, in the words of `BusAwayCause`. */
const CAUSES = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unreachable',
  AuthorizationError: 'authentication',
  PermissionViolationError: 'permission',
  TimeoutError: 'timeout',
  JetStreamNotEnabled: 'unusable'
}

function causeOf(error) {
  return CAUSES[error.cause?.code ?? error.code ?? error.name] ?? 'unknown'
}

/**
 * A revocation bus over a key-value bucket of JetStream, in which each revocation is an entry: processes that watch hear
 * it at once, those that start later find it. An entry of its own that comes back shows a process that it hears.
 */
export function createNatsBus({ servers, bucket = 'clerk_revocations', ttlInMs = 3_600_000, beatInMs = 2_000 }) {
  const peers = new Set()
  const ownKey = `process.${randomUUID()}`
  let [nats, kv, isRunning, awaySinceMs, cause, back] = [null, null, false, Date.now(), 'connecting', deferred()]

  async function share(revocation) {
    const text = JSON.stringify(serializeRevocation(revocation))
    await kv.put(createHash('sha256').update(text).digest('hex'), text)
  }

  /** One connection until it closes: share what is known here, hear everything, and only then be connected. */
  async function listen() {
    nats = await connect({ servers, reconnect: false, timeout: beatInMs })
    kv = await new Kvm(nats).create(bucket, { ttl: ttlInMs })
    const entries = await kv.watch()
    for (const peer of peers) await Promise.all(Array.from(peer.known(), share))
    let hasHeard = true
    const beat = () => {
      if (hasHeard) kv?.put(ownKey, '').catch(() => nats.close())
      else nats.close()
      hasHeard = false
    }
    const beats = setInterval(beat, beatInMs)
    beat()
    try {
      for await (const entry of entries) {
        hasHeard = true
        const revocation = parseRevocation(entry.string())
        if (revocation !== null) for (const peer of peers) peer.receive([revocation])
        if (entry.key !== ownKey) continue
        ;[awaySinceMs, cause] = [null, null]
        back.resolve()
      }
    } finally {
      clearInterval(beats)
    }
  }

  async function run() {
    isRunning = true
    while (peers.size > 0) {
      const failure = await listen().then(() => 'closed', causeOf)
      ;[awaySinceMs, cause, kv, back] = [awaySinceMs ?? Date.now(), failure, null, deferred()]
      await nats?.close()
      await delay(250)
    }
    isRunning = false
  }

  return {
    async open(peer) {
      for (const other of peers) peer.receive(other.known())
      peers.add(peer)
      if (!isRunning) run()
      await Promise.race([back, delay(2_000, undefined, { ref: false })])
    },
    async publish(revocation, from) {
      for (const peer of peers) if (peer !== from) peer.receive([revocation])
      if (kv === null) return false
      return share(revocation).then(
        () => true,
        () => false
      )
    },
    health: () => ({ kind: 'nats', connected: awaySinceMs === null, disconnectedSinceMs: awaySinceMs, cause }),
    async close(peer) {
      if (peer === undefined) peers.clear()
      else peers.delete(peer)
      if (peers.size > 0) return
      ;[awaySinceMs, cause, kv] = [awaySinceMs ?? Date.now(), 'closed', null]
      await nats?.close()
    }
  }
}
