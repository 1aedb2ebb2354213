import { createHash } from 'node:crypto'
import { networkFailureOf } from '../fetch-cause.js'
import { discardBody, readBody } from '../response-body.js'
import { parseRetryAfterMs } from '../retry-after.js'
import { CLERK_API_DATE, USER_AGENT } from '../version.js'
import { estimateClockOffsetMs, parseMaxAgeMs } from './response-headers.js'
import { type FetchFailure, failed, type KeySource, type SourceAnswer, type SourceRequest } from './source.js'

export interface HttpSourceSettings {
  readonly maxBytes: number
  readonly fetch: typeof globalThis.fetch
  readonly now: () => number
}

const MAX_REDIRECTS = 2
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const MAX_ERROR_BYTES = 16_384

/** `https://<FAPI host>/.well-known/jwks.json`: public, nothing secret is sent. */
export function createFapiSource(frontendApi: string, settings: HttpSourceSettings): KeySource {
  const url = `https://${frontendApi}/.well-known/jwks.json`
  return createHttpSource('fapi', url, url, { accept: 'application/json', 'user-agent': USER_AGENT }, settings)
}

/** `GET <apiUrl>/<apiVersion>/jwks` with the secret key (Clerk: Backend API, JWKS). */
export function createBapiSource(
  api: { readonly apiUrl: string; readonly apiVersion: string; readonly secretKey: string },
  settings: HttpSourceSettings
): KeySource {
  const url = `${api.apiUrl.replace(/\/+$/, '')}/${api.apiVersion}/jwks`
  // All instances share this URL. The digest tells them apart, and does not reveal the secret key.
  const fingerprint = createHash('sha256').update(`fastify-clerk-auth key source\n${api.secretKey}`).digest('base64url')
  const headers = {
    accept: 'application/json',
    authorization: `Bearer ${api.secretKey}`,
    'clerk-api-version': CLERK_API_DATE,
    'content-type': 'application/json',
    'user-agent': USER_AGENT
  }
  return createHttpSource('bapi', url, `${url}#${fingerprint.slice(0, 22)}`, headers, settings)
}

function createHttpSource(
  kind: 'bapi' | 'fapi',
  url: string,
  id: string,
  headers: Readonly<Record<string, string>>,
  settings: HttpSourceSettings
): KeySource {
  const { now, maxBytes } = settings

  async function ask(request: SourceRequest): Promise<SourceAnswer> {
    const sentAtMs = now()
    const response = await followWithinHost(url, request)
    if (response === null) return failed('redirect')
    const receivedAtMs = now()
    const clockOffsetMs = estimateClockOffsetMs(response.headers, sentAtMs, receivedAtMs)
    const maxAgeMs = parseMaxAgeMs(response.headers)

    if (response.status === 304) {
      await discardBody(response)
      if (request.etag === null) return failed('unexpected-not-modified', null, clockOffsetMs)
      return { kind: 'not-modified', maxAgeMs, fetchedAtMs: sentAtMs, clockOffsetMs }
    }
    if (response.status !== 200) {
      const retryAfterMs = parseRetryAfterMs(response.headers.get('retry-after'), receivedAtMs)
      return failed(await judgeStatus(response), retryAfterMs, clockOffsetMs)
    }
    // A captive portal, or the error page of a proxy in between.
    if (response.headers.get('content-type')?.toLowerCase().includes('html')) {
      await discardBody(response)
      return failed('html', null, clockOffsetMs)
    }
    const text = await readBody(response, maxBytes)
    if (text === null) return failed('too-large', null, clockOffsetMs)
    const etag = parseEtag(response.headers.get('etag'))
    return { kind: 'key-set', text, etag, maxAgeMs, fetchedAtMs: sentAtMs, clockOffsetMs }
  }

  /**
   * Follows redirects on the same origin only: another host would choose the keys we trust, and receive the secret key.
   */
  async function followWithinHost(start: string, { etag, signal }: SourceRequest): Promise<Response | null> {
    const sent = etag === null ? headers : { ...headers, 'if-none-match': etag }
    let target = start
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const response = await settings.fetch(target, { method: 'GET', headers: sent, redirect: 'manual', signal })
      if (!REDIRECTS.has(response.status)) return response
      await discardBody(response)
      const location = response.headers.get('location')
      if (location === null || !URL.canParse(location, target)) return null
      const next = new URL(location, target)
      if (next.origin !== new URL(start).origin) return null
      target = next.href
    }
    return null
  }

  async function judgeStatus(response: Response): Promise<FetchFailure> {
    const failure: FetchFailure = `http-${response.status}`
    if (kind !== 'bapi' || response.status < 400 || response.status >= 500) {
      await discardBody(response)
      return failure
    }
    if (response.status === 401) {
      await discardBody(response)
      return 'secret-key-invalid'
    }
    const text = await readBody(response, MAX_ERROR_BYTES)
    return text?.includes('"clerk_key_invalid"') ? 'secret-key-invalid' : failure
  }

  return {
    kind,
    id,
    async fetch(request) {
      try {
        return await ask(request)
      } catch (error) {
        // The runtime's error text names hosts and ports, and differs between runtimes: it goes no further.
        return failed(request.signal.aborted ? 'timeout' : networkFailureOf(error))
      }
    }
  }
}

/** Null unless the value has the form of an entity tag (RFC 9110 section 8.8.3): it is sent back as it came. */
function parseEtag(etag: string | null): string | null {
  return etag !== null && etag.length <= 256 && /^(?:W\/)?"[\x21\x23-\x7e]*"$/.test(etag) ? etag : null
}
