/** A request target as it is passed on. */
export interface Target {
  /** Path below the proxy's, which begins with a slash. */
  readonly path: string
  /** Query with its question mark; `''`: none. */
  readonly query: string
}

/**
 * The target of a request to the proxy at `proxyPath`, or the part of it that is not passed on. Read from the request as
 * received: a router decodes, joins and folds what two servers may read differently, so here only one spelling counts.
 *
 * A path is a list of segments of plain characters, where the last one may be empty. Encoded characters pass when they are
 * UTF-8 and none of them is a slash, a backslash, a dot, a percent sign or a control character.
 */
export function readTarget(received: string, proxyPath: string): Target | 'path' | 'query' {
  const mark = received.indexOf('?')
  const path = mark === -1 ? received : received.slice(0, mark)
  const query = mark === -1 ? '' : received.slice(mark)
  if (!path.startsWith(`${proxyPath}/`)) return 'path'
  const below = path.slice(proxyPath.length)
  if (!isPlain(below)) return 'path'
  return QUERY.test(query) ? { path: below, query } : 'query'
}

/** Printable ASCII without a fragment. Browsers leave quotes, brackets and backslashes of a query as they are. */
const QUERY = /^[\x21\x22\x24-\x7e]*$/
const SEGMENT = /^(?:[\w.~@:+=,-]|%[2-9a-f][\da-f])+$/i
/** Encoded: dot, slash, backslash, percent sign, delete. */
const ENCODED_SYNTAX = /%(?:2e|2f|5c|25|7f)/i

function isPlain(path: string): boolean {
  const segments = path.slice(1).split('/')
  return segments.every((segment, index) => {
    if (segment === '') return index === segments.length - 1
    return (
      segment !== '.' && segment !== '..' && SEGMENT.test(segment) && !ENCODED_SYNTAX.test(segment) && isUtf8(segment)
    )
  })
}

function isUtf8(segment: string): boolean {
  try {
    decodeURIComponent(segment)
    return true
  } catch {
    return false
  }
}
