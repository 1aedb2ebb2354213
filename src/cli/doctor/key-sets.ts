import { createPublicKey } from 'node:crypto'
import { createBapiSource, createFapiSource } from '../../core/jwks/http-source.js'
import { type KeyMaterial, materialOf } from '../../core/jwks/instance-mismatch.js'
import { type KeySet, type KeySetFailure, parseKeySet, parseKeySetText } from '../../core/jwks/key-set.js'
import type { FetchFailure, KeySource } from '../../core/jwks/source.js'
import type { InstanceSettings } from '../../core/options/instance-settings.js'

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
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), settings.jwks.timeoutInMs)
  try {
    const answer = await make(settings.fetch).fetch({ etag: null, signal: deadline.signal, newerThanMs: 0 })
    const { clockOffsetMs } = answer
    if (answer.kind === 'failure') return { origin, keys: [], failure: answer.failure, clockOffsetMs }
    if (answer.kind === 'not-modified') return { origin, keys: [], failure: 'unexpected-not-modified', clockOffsetMs }
    return foundIn(origin, await parseKeySetText(answer.text, settings.jwks.maxKeys), clockOffsetMs)
  } finally {
    clearTimeout(timer)
  }
}

function foundIn(origin: KeySetOrigin, set: KeySet | KeySetFailure, clockOffsetMs: number | null = null): FoundKeySet {
  return typeof set === 'string'
    ? { origin, keys: [], failure: set, clockOffsetMs }
    : { origin, keys: set.keys.map(({ kid, n, e }) => ({ kid, n, e })), failure: null, clockOffsetMs }
}

function ofPems({ jwtKey }: InstanceSettings): FoundKeySet | null {
  if (jwtKey.length === 0) return null
  const keys = jwtKey.flatMap((pem) => materialOf(createPublicKey(pem)) ?? []).map((key) => ({ kid: null, ...key }))
  return { origin: 'jwtKey', keys, failure: null, clockOffsetMs: null }
}

async function ofGivenKeys({ jwks }: InstanceSettings): Promise<FoundKeySet | null> {
  return jwks.keys === null ? null : foundIn('jwks.keys', await parseKeySet({ keys: jwks.keys }, jwks.maxKeys))
}
