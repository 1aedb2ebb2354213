import { InputError } from './input-error.js'

/** A request as it was given, not made. */
export interface GivenRequest {
  readonly method: string
  /** Request target with its query. */
  readonly target: string
  readonly protocol: string
  readonly host: string
  /** As Node gives them: names in lower case, duplicates joined. */
  readonly headers: Readonly<Record<string, string>>
}

/** Headers of which Node keeps the first, besides those that it joins (`http.IncomingMessage.headers`). */
const FIRST_COUNTS: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent'
])

/** Collects header lines as Node does. */
export class HeaderLines {
  readonly #headers: Record<string, string> = Object.create(null)

  add(name: string, value: string): void {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) throw new InputError('A header has a name that no header can have.')
    if (/[^\t\u0020-\u007e\u0080-\u00ff]/.test(value)) {
      throw new InputError('A header has a value with characters that no header can carry.')
    }
    const key = name.toLowerCase()
    const before = this.#headers[key]
    if (before === undefined) this.#headers[key] = value.trim()
    else if (!FIRST_COUNTS.has(key)) this.#headers[key] = `${before}${key === 'cookie' ? '; ' : ', '}${value.trim()}`
  }

  get(name: string): string | undefined {
    return this.#headers[name]
  }

  remove(name: string): void {
    delete this.#headers[name.toLowerCase()]
  }

  all(): Readonly<Record<string, string>> {
    return { ...this.#headers }
  }
}

/** The public host and scheme: those that a proxy has written, as if it were trusted, count. */
export function withForwarded(request: GivenRequest): GivenRequest {
  const last = (name: string) => request.headers[name]?.split(',').at(-1)?.trim()
  return {
    ...request,
    host: last('x-forwarded-host') ?? request.host,
    protocol: last('x-forwarded-proto') ?? last('cloudfront-forwarded-proto') ?? request.protocol
  }
}
