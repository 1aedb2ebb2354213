import { parseAuthorization } from './authorization.js'
import { type Carried, type CarriedCookies, DECIDING_HEADERS } from './carried.js'
import { type CookieReader, createCarriedCookies } from './cookies.js'
import { publicUrl } from './public-url.js'

export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>

/** A request as the server gives it, which has already decided whether forwarded headers count. */
export interface RequestSource {
  readonly method: string
  /** Request target as received. */
  readonly target: string
  /** Names in lower case. */
  readonly headers: RequestHeaders
  /** Public scheme and authority. Read only when the public URL is needed: in Fastify each is a computation. */
  readonly protocol: string
  readonly host: string
  /** A token that the application has found elsewhere: it counts as that of the `Authorization` header. */
  readonly token?: string | undefined
}

/**
 * Reads a request into the record that the state machine takes. The public URL is parsed when first asked for. `cookies`: the
 * Cookie header has been read already.
 */
export function readCarried(
  source: RequestSource,
  readCookies: CookieReader,
  cookies: CarriedCookies | null = null
): Carried {
  return new CarriedRequest(source, cookies ?? readAll(source, readCookies))
}

function readAll({ headers }: RequestSource, readCookies: CookieReader): CarriedCookies {
  const cookies = createCarriedCookies()
  readCookies(textOf(headers.cookie), cookies)
  return cookies
}

/** Most characters beside a token for which its header is kept in memory with it: a few short cookies. */
const MAX_AROUND_TOKEN = 256

/** Length of the header that memory may keep with a token of it instead of a copy; 0: the token has to be copied. */
export function retainedLength(headers: RequestHeaders, header: string, token: string): number {
  // Node keeps a value of HTTP/2 outside the heap, in a buffer whose length is not known here.
  if (headers[':method'] !== undefined) return 0
  return header.length - token.length <= MAX_AROUND_TOKEN ? header.length : 0
}

class CarriedRequest implements Carried {
  readonly method: string
  readonly target: string
  readonly headerToken: string
  readonly retainedLength: number
  readonly cookies: CarriedCookies
  readonly secFetchDest: string
  readonly accept: string
  readonly referer: string
  readonly headers: RequestHeaders
  readonly #source: RequestSource
  #url: URL | null = null

  constructor(source: RequestSource, cookies: CarriedCookies) {
    const { headers } = source
    this.#source = source
    this.method = source.method
    this.target = source.target
    this.headers = headers
    const authorization = textOf(headers.authorization)
    this.headerToken = source.token ?? parseAuthorization(authorization)
    this.retainedLength = source.token === undefined ? retainedLength(headers, authorization, this.headerToken) : 0
    this.cookies = cookies
    this.secFetchDest = textOf(headers[DECIDING_HEADERS.secFetchDest])
    this.accept = textOf(headers[DECIDING_HEADERS.accept])
    this.referer = textOf(headers[DECIDING_HEADERS.referer])
  }

  get url(): URL {
    this.#url ??= publicUrl(this.#source.protocol, this.#source.host, this.target)
    return this.#url
  }
}

/** The value of a header; `''` when it is absent, or a list where Node gives a single value. */
export function textOf(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : ''
}
