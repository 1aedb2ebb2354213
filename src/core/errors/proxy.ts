import { createError } from './create-error.js'

export const ProxyPeerError = createError(
  'FST_CLERK_PROXY_PEER',
  'frontendApiProxy needs the package @fastify/reply-from, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more',
  500
)
export const ProxyKeysError = createError(
  'FST_CLERK_PROXY_KEYS',
  'frontendApiProxy needs publishableKey (CLERK_PUBLISHABLE_KEY) and secretKey (CLERK_SECRET_KEY): Clerk learns from the secret key whose requests these are',
  500
)
export const ProxyUrlError = createError(
  'FST_CLERK_PROXY_URL',
  'frontendApiProxy serves another path than the one that proxyUrl of fastify-clerk-auth names: leave proxyUrl out, or give the absolute URL at which browsers reach the proxy',
  500
)
export const ProxyRequestError = createError(
  'FST_CLERK_PROXY_REQUEST',
  'This request is not passed on to the Frontend API: %s',
  400
)
export const ProxyBodyTimeoutError = createError(
  'FST_CLERK_PROXY_BODY_TIMEOUT',
  'The body of the request took too long to come: send it again',
  408
)
export const ProxyBodyLimitError = createError(
  'FST_CLERK_PROXY_BODY_LIMIT',
  'The body of the request is larger than this proxy passes on',
  413
)
export const ProxyBusyError = createError(
  'FST_CLERK_PROXY_BUSY',
  'Too many requests to the Frontend API are under way: try again in a moment',
  503
)
export const ProxyUpstreamError = createError(
  'FST_CLERK_PROXY_UPSTREAM',
  'The Frontend API cannot be reached, or gives no answer that can be passed on: try again later',
  502
)
export const ProxyTimeoutError = createError(
  'FST_CLERK_PROXY_TIMEOUT',
  'The Frontend API has not answered in time: try again later',
  504
)
