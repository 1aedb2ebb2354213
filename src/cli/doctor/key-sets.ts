import { createPublicKey } from 'node:crypto'
import { createBapiSource, createFapiSource } from '../../core/jwks/http-source.js'
import { parseKeySet, parseKeySetText } from '../../core/jwks/key-set.js'
import type { FetchFailure, KeySource } from '../../core/jwks/source.js'
import type { InstanceSettings } from '../../core/options/instance-settings.js'

/** Where a key set comes from, by the option that leads there. */
export type KeySetOrigin = 'publishableKey' | 'secretKey' | 'jwtKey' | 'jwks.keys' | 'proxyUrl' | 'domain'

export interface FoundKey {
  /** Null for a key in PEM. */
  readonly kid: string | null
  /** Modulus, by which keys are compared: `kid` is a name alone. */
  readonly n: string
}

export interface FoundKeySet {
  readonly origin: KeySetOrigin
  /** Empty if it could not be had. */
  readonly keys: readonly FoundKey[]
  readonly failure: FetchFailure | null
  /** Code of the system for a failure of the network, such as `ENOTFOUND`. */
  readonly code: string | null
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
  let code: string | null = null
  const watched: typeof globalThis.fetch = async (input, init) => {
    try {
      return await settings.fetch(input, init)
    } catch (error) {
      code = systemCodeOf(error)
      throw error
    }
  }
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), settings.jwks.timeoutInMs)
  try {
    const answer = await make(watched).fetch({ etag: null, signal: deadline.signal, newerThanMs: 0 })
    const { clockOffsetMs } = answer
    if (answer.kind === 'failure') return { origin, keys: [], failure: answer.failure, code, clockOffsetMs }
    if (answer.kind === 'not-modified') {
      return { origin, keys: [], failure: 'unexpected-not-modified', code, clockOffsetMs }
    }
    const set = await parseKeySetText(answer.text, settings.jwks.maxKeys)
    return typeof set === 'string'
      ? { origin, keys: [], failure: set, code, clockOffsetMs }
      : { origin, keys: set.keys.map(({ kid, n }) => ({ kid, n })), failure: null, code, clockOffsetMs }
  } finally {
    clearTimeout(timer)
  }
}

/** The code of the innermost cause, which names no host. */
function systemCodeOf(error: unknown): string | null {
  let code: string | null = null
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const own = (at as NodeJS.ErrnoException).code
    if (typeof own === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(own)) code = own
  }
  return code
}

async function ofPems({ jwtKey }: InstanceSettings): Promise<FoundKeySet | null> {
  if (jwtKey.length === 0) return null
  const keys = jwtKey.map((pem) => ({ kid: null, n: createPublicKey(pem).export({ format: 'jwk' }).n ?? '' }))
  return { origin: 'jwtKey', keys, failure: null, code: null, clockOffsetMs: null }
}

async function ofGivenKeys({ jwks }: InstanceSettings): Promise<FoundKeySet | null> {
  if (jwks.keys === null) return null
  const set = await parseKeySet({ keys: jwks.keys }, jwks.maxKeys)
  const failure = typeof set === 'string' ? set : null
  const keys = typeof set === 'string' ? [] : set.keys.map(({ kid, n }) => ({ kid, n }))
  return { origin: 'jwks.keys', keys, failure, code: null, clockOffsetMs: null }
}
