import type { Endpoint } from '../request-log.js'
import type { Handler } from '../state.js'
import { endAllSessions, showClient } from './client.js'
import { environment } from './environment.js'
import { listActiveSessions, listMemberships, listNothing, showUser } from './me.js'
import { showPackageFile } from './packages.js'
import { createClientToken, createTemplateToken, endSession, touchSession } from './sessions.js'
import { attemptFirstFactor, createSignIn, prepareFirstFactor, showSignInAttempt } from './sign-ins.js'
import { createSignUp, showSignUp, updateSignUp } from './sign-ups.js'

/** The part of FAPI that clerk-js calls, besides the handshake and the dev browser. */
export const frontendRoutes: readonly (readonly [Endpoint, method: string, path: string, Handler])[] = [
  ['environment', 'GET', '/v1/environment', environment],
  ['environment', 'PATCH', '/v1/environment', environment],
  ['client', 'GET', '/v1/client', showClient],
  ['client', 'DELETE', '/v1/client', endAllSessions],
  ['client', 'DELETE', '/v1/client/sessions', endAllSessions],
  ['client-sign-in', 'POST', '/v1/client/sign_ins', createSignIn],
  ['client-sign-in', 'GET', '/v1/client/sign_ins/:id', showSignInAttempt],
  ['client-sign-in', 'POST', '/v1/client/sign_ins/:id/prepare_first_factor', prepareFirstFactor],
  ['client-sign-in', 'POST', '/v1/client/sign_ins/:id/attempt_first_factor', attemptFirstFactor],
  ['client-sign-up', 'POST', '/v1/client/sign_ups', createSignUp],
  ['client-sign-up', 'GET', '/v1/client/sign_ups/:id', showSignUp],
  ['client-sign-up', 'PATCH', '/v1/client/sign_ups/:id', updateSignUp],
  ['client-session', 'POST', '/v1/client/sessions/:sid/touch', touchSession],
  ['client-session', 'POST', '/v1/client/sessions/:sid/end', endSession],
  ['client-session', 'POST', '/v1/client/sessions/:sid/remove', endSession],
  ['client-token', 'POST', '/v1/client/sessions/:sid/tokens', createClientToken],
  ['client-token', 'POST', '/v1/client/sessions/:sid/tokens/:template', createTemplateToken],
  ['me', 'GET', '/v1/me', showUser],
  ['me', 'GET', '/v1/me/sessions/active', listActiveSessions],
  ['me', 'GET', '/v1/me/organization_memberships', listMemberships],
  ['me', 'GET', '/v1/me/organization_invitations', listNothing],
  ['me', 'GET', '/v1/me/organization_suggestions', listNothing],
  ['package', 'GET', '/npm/@clerk/:package/dist/:file', showPackageFile]
]
