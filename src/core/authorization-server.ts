import { hasHttpScheme } from './http-scheme.js'
/**
 * Base URL of the instance's authorization server, which is its Frontend API: that of an absolute `proxyUrl`, else of the
 * publishable key. Null: no option says it.
 */
export function authorizationServerOf(settings: {
  readonly frontendApi: string | null
  readonly proxyUrl: string
}): string | null {
  const { frontendApi, proxyUrl } = settings
  if (hasHttpScheme(proxyUrl)) return proxyUrl.replace(/\/+$/, '')
  return frontendApi === null ? null : `https://${frontendApi}`
}
