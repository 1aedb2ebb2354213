// Why a call to Clerk brought no answer, in words of a closed list: they go to logs, health, events, errors and metrics.
// The runtime's own texts do not, as they name hosts, ports and paths.

/** Codes of Node, OpenSSL and undici, by the word that says what they have in common. */
const CODES = {
  dns: ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME', 'ENODATA', 'ESERVFAIL', 'EREFUSED'],
  refused: ['ECONNREFUSED'],
  unreachable: ['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EADDRNOTAVAIL', 'EACCES', 'EPERM'],
  timeout: ['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'],
  closed: ['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'UND_ERR_SOCKET'],
  certificate: [
    'CERT_HAS_EXPIRED',
    'CERT_NOT_YET_VALID',
    'CERT_REJECTED',
    'CERT_REVOKED',
    'CERT_SIGNATURE_FAILURE',
    'CERT_UNTRUSTED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'HOSTNAME_MISMATCH',
    'INVALID_CA',
    'INVALID_PURPOSE',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
  ],
  tls: [
    'EPROTO',
    'ERR_SSL_PACKET_LENGTH_TOO_LONG',
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR',
    'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
    'ERR_SSL_UNSUPPORTED_PROTOCOL',
    'ERR_SSL_WRONG_VERSION_NUMBER'
  ],
  // undici says `UND_ERR_ABORTED` of a proxy that answers CONNECT with another status than 200.
  proxy: ['UND_ERR_ABORTED', 'UND_ERR_PRX_TLS'],
  'not-http': ['HPE_INVALID_CONSTANT', 'HPE_INVALID_VERSION', 'HPE_INVALID_HEADER_TOKEN', 'HPE_HEADER_OVERFLOW']
} as const

type CodedWord = keyof typeof CODES

/**
 * Why no answer came: a word, with the code of the system where there is one, such as `dns-ENOTFOUND`. `network`: nothing more
 * is known.
 */
export type NetworkFailure =
  | { [Word in CodedWord]: Word | `${Word}-${(typeof CODES)[Word][number]}` }[CodedWord]
  | 'network'

const byCode = new Map<string, NetworkFailure>()
for (const [word, codes] of Object.entries(CODES) as [CodedWord, readonly string[]][]) {
  for (const code of codes) byCode.set(code, `${word}-${code}` as NetworkFailure)
}

/** The failure that an error of `fetch`, or of reading a body, stands for. Never holds a text of the error. */
export function networkFailureOf(error: unknown): NetworkFailure {
  return firstFailure(error, 0) ?? 'network'
}

/** `fetch` wraps the error of the connection; Node wraps one error for each address of a name. */
function firstFailure(error: unknown, depth: number): NetworkFailure | null {
  if (typeof error !== 'object' || error === null || depth > 4) return null
  const { code, name, cause, errors } = error as Readonly<Record<'code' | 'name' | 'cause' | 'errors', unknown>>
  const own = failureOfCode(code)
  if (own !== null) return own
  // From Node 24 on, the parser's error has no code.
  if (name === 'HTTPParserError') return 'not-http'
  for (const inner of [cause, ...(Array.isArray(errors) ? errors.slice(0, 8) : [])]) {
    const failure = firstFailure(inner, depth + 1)
    if (failure !== null) return failure
  }
  return null
}

function failureOfCode(code: unknown): NetworkFailure | null {
  if (typeof code !== 'string') return null
  const known = byCode.get(code)
  if (known !== undefined) return known
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) return 'tls'
  return code.startsWith('HPE_') ? 'not-http' : null
}

/** The words a failure begins with: of connections, and of answers that are no key set. */
export type FetchWord =
  | CodedWord
  | 'network'
  | 'http'
  | 'redirect'
  | 'html'
  | 'not-json'
  | 'not-a-key-set'
  | 'empty'
  | 'no-usable-key'
  | 'too-large'
  | 'unexpected-not-modified'
  | 'secret-key-invalid'

export interface CauseAndCure {
  /** A clause, without a full stop. */
  readonly cause: string
  /** What to do, in the imperative, without a full stop. */
  readonly cure: string
}

const PROXY_CURE = 'send the calls through the proxy of the network by the option fetch'

/** Cause and cure of each word. */
export const FETCH_CAUSES: Readonly<Record<FetchWord, CauseAndCure>> = Object.freeze({
  dns: {
    cause: 'the name of the endpoint, or of the proxy on the way to it, is not known here',
    cure: `check apiUrl, the publishable key and the name server, or ${PROXY_CURE}`
  },
  refused: {
    cause:
      'nobody listens at the address of the endpoint, or of the proxy on the way to it, or a firewall refuses the connection',
    cure: `check apiUrl, the proxy if the option fetch names one, and that this server may connect to Clerk on port 443, or ${PROXY_CURE}`
  },
  unreachable: {
    cause: 'there is no route to the endpoint',
    cure: `check that this server may connect to the internet, or ${PROXY_CURE}`
  },
  timeout: {
    cause: 'no complete answer came in time',
    cure: `check that no firewall drops the connection, or ${PROXY_CURE}`
  },
  closed: {
    cause: 'the connection was closed before the answer was complete',
    cure: 'check the proxies and firewalls on the way to Clerk'
  },
  certificate: {
    cause: 'the certificate of the endpoint is not trusted here',
    cure: 'add the certificate authority of a proxy that inspects TLS by NODE_EXTRA_CA_CERTS, and check the clock of this server'
  },
  tls: {
    cause: 'the connection could not be encrypted',
    cure: 'check that apiUrl is an https address, and what proxies on the way make of TLS'
  },
  proxy: {
    cause: 'the proxy has not opened the connection',
    cure: 'check the address, the user and the rules of the proxy that the option fetch names'
  },
  'not-http': {
    cause: 'the answer is not HTTP',
    cure: 'check the host and port of apiUrl, and those of the proxy if the option fetch names one'
  },
  network: {
    cause: 'no answer came, and the cause is not known',
    cure: 'check the network, and the option fetch if it is given'
  },
  http: {
    cause: 'the endpoint has answered with an error',
    cure: 'check apiUrl, apiVersion and the keys, and the status page of Clerk'
  },
  redirect: {
    cause: 'the endpoint redirects to another host, which is not followed',
    cure: 'check apiUrl, and that no proxy or portal answers instead of Clerk'
  },
  html: {
    cause: 'the answer is a page',
    cure: 'check apiUrl, and that no proxy or portal answers instead of Clerk'
  },
  'not-json': { cause: 'the answer is not JSON', cure: 'check apiUrl, and that no proxy answers instead of Clerk' },
  'not-a-key-set': { cause: 'the answer is not a key set', cure: 'check apiUrl and apiVersion' },
  empty: { cause: 'the key set is empty', cure: 'check the keys of the instance in the Clerk dashboard' },
  'no-usable-key': {
    cause: 'the key set has no RSA key for signatures of 2048 to 8192 bits',
    cure: 'check the keys of the instance in the Clerk dashboard'
  },
  'too-large': { cause: 'the answer is larger than jwks.maxBytes', cure: 'check apiUrl, or raise jwks.maxBytes' },
  'unexpected-not-modified': {
    cause: 'the endpoint answers 304 although it was asked for a full answer',
    cure: 'check the caches between this server and Clerk'
  },
  'secret-key-invalid': {
    cause: 'Clerk refuses the secret key',
    cure: 'copy secretKey (CLERK_SECRET_KEY) again from the Clerk dashboard'
  }
})

export interface FetchCause extends CauseAndCure {
  readonly word: FetchWord
  /** Code of the system or HTTP status; null where the word says all. */
  readonly code: string | null
}

/** Takes a failure apart and says what to do about it. Any other text counts as `network`. */
export function explainFetchFailure(failure: string): FetchCause {
  if (isFetchWord(failure)) return { word: failure, code: null, ...FETCH_CAUSES[failure] }
  const end = failure.lastIndexOf('-')
  const word = failure.slice(0, Math.max(0, end))
  return isFetchWord(word)
    ? { word, code: failure.slice(end + 1), ...FETCH_CAUSES[word] }
    : { word: 'network', code: null, ...FETCH_CAUSES.network }
}

/** For the end of a log line: cause and cure as two sentences. Constant for each word. */
export function causeSentences(failure: string): string {
  const { cause, cure } = explainFetchFailure(failure)
  return `Cause: ${cause}. Cure: ${cure}.`
}

function isFetchWord(text: string): text is FetchWord {
  return Object.hasOwn(FETCH_CAUSES, text)
}
