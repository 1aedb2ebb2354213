import type { Endpoint } from '../request-log.js'
import type { Handler } from '../state.js'
import { preflight } from './answers.js'
import { decide, showConsent } from './authorize.js'
import { serverMetadata } from './metadata.js'
import { registerClient } from './register.js'
import { issueTokens } from './token.js'

/** The local Clerk as authorization server: what an MCP client needs, from discovery to refresh. */
export const OAUTH_ROUTES: readonly (readonly [endpoint: Endpoint, method: string, path: string, handler: Handler])[] =
  [
    ['oauth-metadata', 'GET', '/.well-known/oauth-authorization-server', serverMetadata],
    ['oauth-metadata', 'OPTIONS', '/.well-known/oauth-authorization-server', preflight],
    ['oauth-register', 'POST', '/oauth/register', registerClient],
    ['oauth-register', 'OPTIONS', '/oauth/register', preflight],
    ['oauth-authorize', 'GET', '/oauth/authorize', showConsent],
    ['oauth-authorize', 'POST', '/oauth/authorize', decide],
    ['oauth-issue', 'POST', '/oauth/token', issueTokens],
    ['oauth-issue', 'OPTIONS', '/oauth/token', preflight]
  ]
