import { OptionDomainError, OptionOriginError, OptionUrlError } from '../errors.js'
import { checkText } from './checks.js'
import type { Given } from './given.js'

const ABSOLUTE = 'an absolute http or https URL without credentials, query or fragment'

/** An absolute base URL, without its trailing slashes. */
export function checkBaseUrl(given: Given): string | undefined {
  const text = checkText(given, ABSOLUTE)
  if (text === undefined) return undefined
  const url = parseHttpUrl(text)
  if (url === null || url.search !== '' || url.hash !== '') throw new OptionUrlError(given.name, ABSOLUTE)
  return trimSlashes(text)
}

/** Where FAPI is proxied: an absolute base URL, or a path of this server. */
export function checkProxyUrl(given: Given): string | undefined {
  const text = checkText(given, `${ABSOLUTE}, or a path such as /__clerk`)
  if (text === undefined) return undefined
  if (isPath(text) && !/[?#]/.test(text)) return text
  const url = parseHttpUrl(text)
  if (url === null || url.search !== '' || url.hash !== '') {
    throw new OptionUrlError(given.name, `${ABSOLUTE}, or a path such as /__clerk`)
  }
  return text
}

/** A page: an absolute URL, or a path of this server. */
export function checkPageUrl(given: Given): string | undefined {
  const what = 'an absolute http or https URL without credentials, or a path such as /sign-in'
  const text = checkText(given, what)
  if (text === undefined) return undefined
  if (!isPath(text) && parseHttpUrl(text) === null) throw new OptionUrlError(given.name, what)
  return text
}

export function isAbsoluteUrl(text: string): boolean {
  return parseHttpUrl(text) !== null
}

/** True when what is sent there can be read on the way: plain http to another machine. */
export function isCleartextUrl(text: string): boolean {
  const url = parseHttpUrl(text)
  return (
    url !== null && url.protocol === 'http:' && !/^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  )
}

/** A host name, with port if not the default. */
export function checkDomain(given: Given): string | undefined {
  const text = checkText(given, 'a host name')
  if (text === undefined) return undefined
  if (!/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/i.test(text)) throw new OptionDomainError(given.name)
  return text
}

/**
 * `azp` is compared as a string, so an entry that no browser ever sends (a trailing slash, a default port) would only
 * lock everybody out. Schemes other than http and https belong to native applications and extensions: taken as given.
 */
export function assertOrigins(name: string, origins: readonly string[]): void {
  for (const [index, origin] of origins.entries()) {
    if (!/^https?:/i.test(origin)) continue
    if (parseHttpUrl(origin)?.origin !== origin) throw new OptionOriginError(`${name}[${index}]`)
  }
}

function parseHttpUrl(text: string): URL | null {
  // The URL parser drops tabs and line breaks and turns backslashes into slashes; an option has none of them.
  if (!/^https?:\/\/[^\s\\]+$/i.test(text) || !URL.canParse(text)) return null
  // Resolved by the URL parser, kept by string concatenation: two readings of one address.
  if (/\/(?:\.|%2e){1,2}(?:[/?#]|$)/i.test(text)) return null
  const url = new URL(text)
  return url.username === '' && url.password === '' ? url : null
}

/** One leading slash: two would name another host. */
function isPath(text: string): boolean {
  return /^\/(?![/\\])[^\s\\]*$/.test(text)
}

function trimSlashes(text: string): string {
  let end = text.length
  while (text[end - 1] === '/') end--
  return text.slice(0, end)
}
