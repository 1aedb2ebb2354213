import { OptionUrlError } from '../core/errors.js'
import { checkList, checkText } from '../core/options/checks.js'
import type { Given } from '../core/options/given.js'
import { boolean, required, text } from '../core/options/readers.js'
import { type OptionTable, option } from '../core/options/table.js'
import { isAbsoluteUrl, isCleartextUrl, readBaseUrl } from '../core/options/urls.js'
import { checkScope } from './scopes.js'

export interface McpResourceOptions {
  /**
   * The URL of the protected resource, as clients reach it: `https://api.example.com/mcp`. It is published, clients ask
   * for tokens for it (RFC 8707), and tokens have to name it as their audience. https, or http on this machine; no query,
   * no fragment; its path of letters, digits and `-._~/`.
   */
  readonly resource: string
  /**
   * The scopes that the resource knows, published so that clients can ask for them. Default: none is published, and
   * guards may ask for any.
   */
  readonly scopes?: readonly string[] | undefined
  /** Name of the resource for people. Default: none. */
  readonly name?: string | undefined
  /** URL of a page for developers. Default: none. */
  readonly documentation?: string | undefined
  /**
   * Accepts tokens that name no audience, for authorization servers that bind no tokens. Default false. Security: a token
   * that a client got for another server of the same instance then opens this one as well.
   */
  readonly allowUnbound?: boolean | undefined
  /**
   * Base URL of the authorization server. Default: the Frontend API of the publishable key, or `proxyUrl` where that is
   * an absolute URL.
   */
  readonly authorizationServer?: string | undefined
}

export const MCP = {
  resource: required(option<string, string | null>(readResource), 'the URL of the protected resource'),
  scopes: option<readonly string[], readonly string[]>(
    (given) => checkList(given, 'a list of scopes', checkScope) ?? Object.freeze([])
  ),
  name: text({ default: null }),
  documentation: option<string, string | null>(readPage),
  allowUnbound: boolean({ default: false }),
  authorizationServer: option<string, string | null>(readBaseUrl)
} satisfies OptionTable<McpResourceOptions>

const RESOURCE =
  'an https URL (http on this machine) without credentials, query and fragment, with a path of letters, digits and -._~/'

/** The path becomes a part of the well-known path, where the router would take other characters for patterns. */
function readResource(given: Given): string | null {
  const url = checkText(given, RESOURCE)
  if (url === undefined) return null
  const isPlain = /^https?:\/\/[^/?#]+(\/[\w.~/-]*)?$/i.test(url) && isAbsoluteUrl(url) && !isCleartextUrl(url)
  if (!isPlain) throw new OptionUrlError(given.name, RESOURCE)
  return url
}

function readPage(given: Given): string | null {
  const url = checkText(given)
  if (url === undefined || isAbsoluteUrl(url)) return url ?? null
  throw new OptionUrlError(given.name, 'an absolute http or https URL')
}
