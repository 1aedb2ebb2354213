import { createPublicKey } from 'node:crypto'
import { createAttempts } from '../../core/jwks/attempt.js'
import { createBapiSource, createFapiSource } from '../../core/jwks/http-source.js'
import { type KeyMaterial, materialOf } from '../../core/jwks/instance-mismatch.js'
import { type KeySet, parseKeySet } from '../../core/jwks/key-set.js'
import type { FetchFailure, KeySource } from '../../core/jwks/source.js'
import type { InstanceSettings } from '../../core/options/instance-settings.js'
import { setUnrefTimer, whileAwaited, withinTime } from '../../core/timers.js'

/** Where a key set comes from, by the option that leads there. */
export type KeySetOrigin = 'publishableKey' | 'secretKey' | 'jwtKey' | 'jwks.keys' | 'proxyUrl' | 'domain'

export interface FoundKey extends KeyMaterial {
  /** Null for a key in PEM. */
  readonly kid: string | null
}

export interface FoundKeySet {
  readonly origin: KeySetOrigin
  /** Empty if it could not be had. */
  readonly keys: readonly FoundKey[]
  readonly failure: FetchFailure | null
  /** The call of `fetch` has not settled, although its signal has fired. */
  readonly isUnsettled: boolean
  /** Clock of the endpoint minus ours; null: not known. */
  readonly clockOffsetMs: number | null
}

/** The key sets that the settings lead to, as far as they can be had. `isOffline`: those that need no network. */
export async function findKeySets(settings: InstanceSettings, isOffline: boolean): Promise<readonly FoundKeySet[]> {
  const given = await Promise.all([ofPems(settings), ofGivenKeys(settings)])
  const fetched = isOffline
    ? []
    : await Promise.all(sourcesOf(settings).map(([origin, make]) => fetchKeySet(origin, make, settings)))
  return [...given, ...fetched].filter((set) => set !== null)
}

type MakeSource = (fetch: typeof globalThis.fetch) => KeySource

function sourcesOf(settings: InstanceSettings): readonly (readonly [KeySetOrigin, MakeSource])[] {
  const { secretKey, frontendApi, isSatellite, domain, originalFrontendApi } = settings
  const common = { maxBytes: settings.jwks.maxBytes, now: settings.now }
  const sources: (readonly [KeySetOrigin, MakeSource])[] = []
  if (secretKey !== null) {
    sources.push(['secretKey', (fetch) => createBapiSource({ ...settings, secretKey }, { ...common, fetch })])
  }
  if (frontendApi !== null) {
    sources.push(['publishableKey', (fetch) => createFapiSource(frontendApi, { ...common, fetch })])
  }
  const { proxyUrl } = settings
  if (frontendApi !== null && /^https?:/i.test(proxyUrl)) {
    sources.push([
      'proxyUrl',
      (fetch) => createFapiSource(frontendApi, { ...common, fetch: throughProxy(fetch, proxyUrl) })
    ])
  }
  if (isSatellite && domain !== '' && originalFrontendApi !== null && originalFrontendApi !== frontendApi) {
    sources.push(['domain', (fetch) => createFapiSource(originalFrontendApi, { ...common, fetch })])
  }
  return sources
}

/** The key set of the Frontend API as the proxy hands it on. */
function throughProxy(fetch: typeof globalThis.fetch, proxyUrl: string): typeof globalThis.fetch {
  const base = proxyUrl.replace(/\/+$/, '')
  return (input, init) => fetch(base + new URL(String(input)).pathname, init)
}

async function fetchKeySet(origin: KeySetOrigin, make: MakeSource, settings: InstanceSettings): Promise<FoundKeySet> {
  const { fetch, unsettled } = watchCalls(settings.fetch)
  const { timeoutInMs, maxKeys } = settings.jwks
  const attempts = createAttempts(make(fetch), { timeoutInMs, maxKeys }, setUnrefTimer)
  const answer = await whileAwaited(attempts.start({ etag: null, newerThanMs: 0 }))
  if (answer.kind === 'set') return foundIn(origin, answer.set, answer.answer.clockOffsetMs)
  const failure = answer.kind === 'failure' ? answer.failure : 'unexpected-not-modified'
  return { ...foundIn(origin, failure, answer.clockOffsetMs), isUnsettled: await unsettled() }
}

/** How long a call is waited for whose signal has fired. */
const GRACE_MS = 1000

/** A `fetch` that knows whether each of its calls has settled. */
function watchCalls(own: typeof globalThis.fetch) {
  const calls: Promise<unknown>[] = []
  const fetch: typeof globalThis.fetch = (input, init) => {
    const call = Promise.resolve(own(input, init))
    calls.push(call)
    return call
  }
  const unsettled = (): Promise<boolean> => {
    const settled = Promise.allSettled(calls).then(() => false)
    return whileAwaited(withinTime(settled, GRACE_MS, true, setUnrefTimer))
  }
  return { fetch, unsettled }
}

function foundIn(origin: KeySetOrigin, set: KeySet | FetchFailure, clockOffsetMs: number | null = null): FoundKeySet {
  const found = { origin, keys: [], failure: null, isUnsettled: false, clockOffsetMs }
  return typeof set === 'string'
    ? { ...found, failure: set }
    : { ...found, keys: set.keys.map(({ kid, n, e }) => ({ kid, n, e })) }
}

function ofPems({ jwtKey }: InstanceSettings): FoundKeySet | null {
  if (jwtKey.length === 0) return null
  const keys = jwtKey.flatMap((pem) => materialOf(createPublicKey(pem)) ?? []).map((key) => ({ kid: null, ...key }))
  return { origin: 'jwtKey', keys, failure: null, isUnsettled: false, clockOffsetMs: null }
}

async function ofGivenKeys({ jwks }: InstanceSettings): Promise<FoundKeySet | null> {
  return jwks.keys === null ? null : foundIn('jwks.keys', await parseKeySet({ keys: jwks.keys }, jwks.maxKeys))
}
