import { type GivenRequest, HeaderLines } from './given-request.js'
import { InputError } from './input-error.js'

/**
 * A request as text: request line and header lines (RFC 9112 section 3), or the header list of a browser's tools with the
 * pseudo-headers of HTTP/2. The body is not looked at.
 */
export function readRawRequest(text: string): GivenRequest {
  const lines = text.replaceAll('\r\n', '\n').replace(/^\n+/, '').split('\n')
  const end = lines.indexOf('')
  const head = end === -1 ? lines : lines.slice(0, end)
  const requestLine = /^([A-Z][A-Z-]*) (\S+)(?: HTTP\/\d(?:\.\d)?)?$/.exec(head[0]?.trim() ?? '')
  const pseudo: Record<string, string> = {}
  const headers = new HeaderLines()
  for (const [index, line] of head.slice(requestLine === null ? 0 : 1).entries()) {
    const [, name = '', value = ''] = /^(:?[^\s:]+):[ \t]*(.*)$/.exec(line) ?? []
    if (name === '')
      throw new InputError(`Line ${index + (requestLine === null ? 1 : 2)} is no header line: Name: value.`)
    if (name.startsWith(':')) pseudo[name] = value.trim()
    else headers.add(name, value)
  }
  const method = requestLine?.[1] ?? pseudo[':method']
  const target = requestLine?.[2] ?? pseudo[':path']
  if (method === undefined || target === undefined) {
    throw new InputError(
      'The text is no request: its first line has to be METHOD target HTTP/1.1. A curl command begins with curl.'
    )
  }
  const absolute = /^https?:\/\//i.test(target) && URL.canParse(target) ? new URL(target) : null
  const host = headers.get('host') ?? pseudo[':authority'] ?? absolute?.host
  if (host === undefined) throw new InputError('The request has no Host: the public URL is not known without it.')
  const scheme = absolute?.protocol.slice(0, -1) ?? pseudo[':scheme']
  return {
    method,
    target: absolute === null ? target : absolute.pathname + absolute.search,
    protocol: scheme ?? (isLoopback(host) ? 'http' : 'https'),
    host,
    headers: headers.all()
  }
}

/** Where the scheme is not said, a name of this machine stands for plain http. */
function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\]|[\w.-]+\.localhost)(:\d+)?$/i.test(host)
}
