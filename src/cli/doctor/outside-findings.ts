import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createBapiSource, createFapiSource } from '../../core/jwks/http-source.js'
import { createSnapshots } from '../../core/jwks/snapshot.js'
import { createFileSnapshotStore } from '../../core/jwks/snapshot-file.js'
import type { InstanceSettings } from '../../core/options/instance-settings.js'
import type { BusAwayCause, RevocationPeer } from '../../core/revocation/bus.js'
import { setUnrefTimer, whileAwaited, withinTime } from '../../core/timers.js'
import { findEntries } from '../../help/find.js'
import { type Finding, finding, plain } from './finding.js'
import { codeOf } from './input-error.js'

/** Looks at the snapshot of the key set, without writing to it. */
export async function examineSnapshot(settings: InstanceSettings): Promise<readonly Finding[]> {
  const { snapshot } = settings.jwks
  if (snapshot === null || settings.jwtKey.length > 0 || settings.jwks.keys !== null) return []
  if (typeof snapshot === 'string') {
    const problem = await problemOfPath(snapshot)
    if (problem !== null) return [finding('snapshot-unusable', ['jwks.snapshot'], problem)]
  }
  const store = typeof snapshot === 'string' ? createFileSnapshotStore(snapshot, settings.jwks.maxBytes) : snapshot
  const { maxBytes } = settings.jwks
  const snapshots = createSnapshots({
    store,
    sourceId: sourceIdOf(settings),
    secretKey: settings.secretKey,
    maxBytes,
    now: settings.now
  })
  const read = await withinPatience<Awaited<ReturnType<typeof snapshots.read>> | 'unsettled'>(
    () => snapshots.read(),
    'unsettled'
  )
  if (read === 'unsettled') {
    return [finding('snapshot-unusable', ['jwks.snapshot'], 'Its get() has not settled within 5 s.')]
  }
  return read === 'failed' ? [finding('snapshot-not-valid', ['jwks.snapshot'])] : []
}

const PATIENCE_MS = 5_000

function sourceIdOf(settings: InstanceSettings): string {
  const common = { maxBytes: settings.jwks.maxBytes, now: settings.now, fetch: settings.fetch }
  const { secretKey, frontendApi } = settings
  return secretKey === null
    ? createFapiSource(frontendApi ?? '', common).id
    : createBapiSource({ ...settings, secretKey }, common).id
}

async function problemOfPath(path: string): Promise<string | null> {
  const stats = await stat(path).catch(() => null)
  if (stats !== null && !stats.isFile()) return 'The path leads to something else than a regular file.'
  try {
    await access(dirname(path), constants.W_OK)
    if (stats !== null) await access(path, constants.R_OK)
    return null
  } catch (error) {
    return `The folder or the file cannot be used (${codeOf(error) ?? 'unknown error'}).`
  }
}

/** Joins the revocation bus for a moment, without a revocation of its own. */
export async function examineBus({ revocation }: InstanceSettings): Promise<readonly Finding[]> {
  const { bus } = revocation
  if (bus === null) return []
  const peer: RevocationPeer = { receive() {}, known: () => [], retentionMs: () => 0, size: 0 }
  try {
    await withinPatience(async () => bus.open(peer), undefined)
    const { kind, connected, cause } = bus.health()
    if (connected) return []
    return [busAway(kind, cause ?? null)]
  } catch (error) {
    // A bus of the application's own that breaks the promise never to reject.
    return [finding('bus-away', ['revocation.bus'], `It threw ${codeOf(error) ?? 'an error'}.`)]
  } finally {
    await withinPatience(async () => bus.close(peer), undefined).catch(() => {})
  }
}

/** With what the help says of that cause; null: a bus of the application's own that names none. */
function busAway(kind: string, cause: BusAwayCause | null): Finding {
  if (cause === null) {
    const found = finding(
      'bus-away',
      ['revocation.bus'],
      `The bus is of kind ${kind}, and its health() names no cause.`
    )
    return { ...found, cure: `${found.cure} Let health() of the bus name the cause.` }
  }
  const help = AT_FIRST[cause] ?? findEntries(`bus: ${cause}`)[0]?.help
  const seen = `The bus is of kind ${kind}; the cause: ${cause}. ${plain(help?.cause ?? '')}`.trimEnd()
  const found = finding('bus-away', ['revocation.bus'], seen)
  return help === undefined ? found : { ...found, cure: plain(help.cure) }
}

const TLS = 'that client and server agree on TLS (rediss://, tls, ssl)'

/** What a cause means of a bus that has never been connected. */
const AT_FIRST: Partial<Record<BusAwayCause, { readonly cause: string; readonly cure: string }>> = {
  connecting: {
    cause: 'No connection came about within the time for it, and no error either.',
    cure: `Check the address, a firewall that drops packets, and ${TLS}.`
  },
  closed: {
    cause: 'The connection was closed before anything was agreed on.',
    cure: `Check that the port is that of the store, and ${TLS}.`
  }
}

function withinPatience<T>(run: () => Promise<T>, otherwise: T): Promise<T> {
  return whileAwaited(withinTime(run(), PATIENCE_MS, otherwise, setUnrefTimer))
}
