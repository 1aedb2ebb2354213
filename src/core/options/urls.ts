import type { AuthorizedParties } from '../authorized-parties.js'
import { OptionDomainError, OptionOriginError, OptionUrlError, OptionValueError } from '../errors.js'
import { checkText, checkTextList } from './checks.js'
import type { Given } from './given.js'

const ABSOLUTE = 'an absolute http or https URL without credentials, query or fragment'

/** An absolute base URL, without its trailing slashes; null when not given. */
export function readBaseUrl(given: Given): string | null {
  const text = checkText(given, ABSOLUTE)
  if (text === undefined) return null
  const url = parseHttpUrl(text)
  if (url === null || url.search !== '' || url.hash !== '') throw new OptionUrlError(given.name, ABSOLUTE)
  return trimSlashes(text)
}

/** Where FAPI is proxied: an absolute base URL, or a path of this server; `''` when not given. */
export function readProxyUrl(given: Given): string {
  const text = checkText(given, `${ABSOLUTE}, or a path such as /__clerk`)
  if (text === undefined) return ''
  if (isPath(text) && !/[?#]/.test(text)) return text
  const url = parseHttpUrl(text)
  if (url === null || url.search !== '' || url.hash !== '') {
    throw new OptionUrlError(given.name, `${ABSOLUTE}, or a path such as /__clerk`)
  }
  return text
}

/** A page: an absolute URL, or a path of this server; `''` when not given. */
export function readPageUrl(given: Given): string {
  const what = 'an absolute http or https URL without credentials, or a path such as /sign-in'
  const text = checkText(given, what)
  if (text === undefined) return ''
  if (!isPath(text) && parseHttpUrl(text) === null) throw new OptionUrlError(given.name, what)
  return text
}

/** Path of a route of this server; null when not given. */
export function readRoutePath(given: Given): string | null {
  const text = checkText(given, 'a path')
  if (text === undefined || isPath(text)) return text ?? null
  throw new OptionValueError(given.name, 'a path that begins with one slash, such as /metrics')
}

/** All, none, or paths of routes as Fastify prints them. */
export function readEarlyRoutes(given: Given): boolean | readonly string[] {
  if (given.value === undefined || typeof given.value === 'boolean') return given.value ?? false
  const paths = checkTextList(given, 'true, false or a list of paths') ?? []
  for (const [index, path] of paths.entries()) {
    if (!/^[/*]/.test(path))
      throw new OptionValueError(`${given.name}[${index}]`, 'the path of a route, such as /health')
  }
  return paths
}

/** The version segment of BAPI paths. */
export function readApiVersion(given: Given): string {
  const text = checkText(given) ?? 'v1'
  if (/^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/.test(text)) return text
  throw new OptionValueError(given.name, 'one segment of a path, such as v1')
}

export function isAbsoluteUrl(text: string): boolean {
  return parseHttpUrl(text) !== null
}

/** Plain http to another machine: what is sent there can be read on the way. */
export function isCleartextUrl(text: string): boolean {
  const url = parseHttpUrl(text)
  return (
    url !== null && url.protocol === 'http:' && !/^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  )
}

/** A host name, with its port if that is not the default; `''` when not given. */
export function readDomain(given: Given): string {
  const text = checkText(given, 'a host name')
  if (text === undefined) return ''
  if (!/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/i.test(text)) throw new OptionDomainError(given.name)
  return text
}

/**
 * Origins to compare `azp` with. The comparison is exact, so an origin in a form that no browser sends (a trailing slash,
 * a default port) would refuse every token. Schemes other than http and https, of native applications and browser
 * extensions, are taken as given; a name without a scheme, or with `*` in it, would match nobody.
 */
export function readAuthorizedParties(given: Given): AuthorizedParties {
  if (typeof given.value === 'function') return given.value as AuthorizedParties
  const origins = checkTextList(given, 'a list of origins or a function (azp) => boolean') ?? Object.freeze([])
  for (const [index, origin] of origins.entries()) {
    const isOrigin = /^https?:/i.test(origin)
      ? parseHttpUrl(origin)?.origin === origin
      : /^[a-z][a-z\d+.-]*:\/\/./i.test(origin)
    // A `*` is a character like any other here, and no host has one.
    if (!isOrigin || origin.includes('*')) throw new OptionOriginError(`${given.name}[${index}]`)
  }
  return origins
}

function parseHttpUrl(text: string): URL | null {
  // Refuse tabs, line breaks and backslashes: the URL parser would drop the first two and turn the last into a slash.
  if (!/^https?:\/\/[^\s\\]+$/i.test(text) || !URL.canParse(text)) return null
  // Refuse `/./` and `/../`: the URL parser resolves them, string concatenation elsewhere in this package does not.
  if (/\/(?:\.|%2e){1,2}(?:[/?#]|$)/i.test(text)) return null
  const url = new URL(text)
  return url.username === '' && url.password === '' ? url : null
}

/** A path begins with one slash: with two, a browser takes the first segment for a host. */
function isPath(text: string): boolean {
  return /^\/(?![/\\])[^\s\\]*$/.test(text)
}

function trimSlashes(text: string): string {
  let end = text.length
  while (text[end - 1] === '/') end--
  return text.slice(0, end)
}
