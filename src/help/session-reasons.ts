import type { RefreshFailureCode, StateReason } from '../core/state/reasons.js'
import type { VerificationFailureReason } from '../core/token/outcome.js'
import type { Help } from './help.js'

/** Reasons that the cookies, the URL and the headers of a request have, before a token is looked at. */
export const stateReasonHelp: Readonly<Record<StateReason, Help>> = {
  'session-token-and-uat-missing': {
    cause:
      'No credentials: no bearer token, no session cookie, and `__client_uat` is missing or 0: a visitor who has never signed in, or has signed out.',
    cure: 'If signed-in users get it: the frontend calls another domain without a bearer token, a proxy drops `Cookie` or `Authorization`, or the publishable key is missing, without which cookies are not read.',
    see: 'core/state/README.md'
  },
  'session-token-but-no-client-uat': {
    cause:
      'The browser sends a session token and no `__client_uat`. A page load is sent through the handshake, everything else is signed out.',
    cure: 'Load a page once. If it comes again, something drops single cookies: a proxy with a limit on size, or a cookie banner.'
  },
  'client-uat-but-no-session-token': {
    cause:
      'The browser knows of a sign-in (`__client_uat`) and sends no session token: the cookie has expired, or was never stored.',
    cure: 'A page load mends it. If it comes again: the session token is above 4 KB, so that browsers drop the cookie (remove custom claims), or `Secure` cookies meet plain http.'
  },
  'session-token-iat-before-client-uat': {
    cause: 'The browser signed in or out after the token had been issued.',
    cure: 'A page load mends it. Let the frontend call `getToken()` for each request instead of keeping a token.'
  },
  'session-token-nbf': {
    cause: 'By the clock of this server the session token is not active yet.',
    cure: 'Synchronise the clock (NTP). `fastify.clerk.health().clock` has the estimated difference from Clerk’s.'
  },
  'session-token-iat-in-the-future': {
    cause: 'By the clock of this server the session token was issued in the future.',
    cure: 'Synchronise the clock (NTP). `fastify.clerk.health().clock` has the estimated difference from Clerk’s.'
  },
  'session-token-missing': {
    cause:
      'A handshake came back without a session: at Clerk the user is signed out. With `Retry-After`, the handshake could not be judged for now.',
    cure: 'If users are signed in at Clerk, look for keys of another instance; else nothing.',
    see: 'core/state/README.md'
  },
  'dev-browser-sync': {
    cause:
      'On a development instance: the URL brings a new dev browser (`__clerk_db_jwt`), and only a handshake can set the cookies that belong to it.',
    cure: 'Nothing: a page load is sent through the handshake once. With `handshake: false` send a bearer token.'
  },
  'dev-browser-missing': {
    cause: 'On a development instance: neither a bearer token nor the cookie `__clerk_db_jwt` came.',
    cure: 'Send the token as `Authorization: Bearer`, or open a page in a browser, which gets the cookie by a redirect. Production has no such cookie.'
  },
  'satellite-needs-syncing': {
    cause: 'This server is a satellite, and the browser has not synchronised with the primary domain yet.',
    cure: 'A page load is sent there once. If without end: the domain is no satellite in the Clerk dashboard, `signInUrl` is not that of the primary, or `isSatellite` is set on the primary.'
  },
  'primary-responds-to-syncing': {
    cause:
      'On a development instance: a satellite asks this primary for the session, and the browser is sent back to it.',
    cure: 'Nothing: it is a step of signing in on a satellite.'
  },
  'primary-domain-cross-origin-sync': {
    cause: 'A page was reached from another origin, so its session is compared with that of the primary domain.',
    cure: 'Nothing: a page load is sent through the handshake once.'
  },
  'active-organization-mismatch': {
    cause: 'The URL is of another organization than the active one of the session, by `organizationSyncOptions`.',
    cure: 'Nothing for a member: the handshake changes the active organization. Else the request goes on with the active one after three redirects, so the route has to compare `auth.orgId`.'
  },
  'token-type-mismatch': {
    cause:
      'The token is of a type that this route does not accept, as an API key where session tokens are asked for. On a route for several machine types, a request without a token has it too; the 401 says so.',
    cure: 'Set `acceptsToken` at the route or the plugin, or send a token of the accepted type.',
    see: 'core/auth/README.md#machine-tokens'
  },
  'No token in header': {
    cause: 'The route accepts machine tokens alone, and the request has no bearer token.',
    cure: 'Send the token as `Authorization: Bearer`.'
  }
}

/** Reasons of a session token that does not verify. */
export const tokenReasonHelp: Readonly<Record<VerificationFailureReason, Help>> = {
  'token-expired': {
    cause: 'The session token has expired. It lives a minute, by Clerk’s default.',
    cure: 'Call `getToken()` for each request instead of keeping a token. If fresh tokens are refused, the clock of this server is ahead.'
  },
  'token-invalid': {
    cause: 'The text is no JWT, or one that no session of Clerk has.',
    cure: 'Send what `getToken()` returned, without quotes.'
  },
  'token-invalid-algorithm': {
    cause: 'The token is signed with another algorithm than RS256, RS384 or RS512.',
    cure: 'Send a session token. A template with a signing key of its own (HS256) is for other services.'
  },
  'token-invalid-authorized-parties': {
    cause:
      'The `azp` claim is not in `authorizedParties`, or the token has none. `azp` is the origin of the page that asked for the token.',
    cure: "Add that origin, if it is yours. Clients that are no browsers have no `azp`: `reportOnly: ['authorizedParties']` counts them first."
  },
  'token-invalid-issuer': {
    cause:
      'The `iss` claim names another Clerk instance: that of the frontend, or of a sibling application on the same domain.',
    cure: 'Compare the publishable keys of frontend and server. They must be equal.'
  },
  'token-invalid-signature': {
    cause: 'The signature does not verify: the token was changed, or the key is not the instance’s.',
    cure: 'If all tokens fail: `jwtKey`, or the secret key by which keys are fetched, is of another instance. Single ones are forged or cut off.'
  },
  'token-not-active-yet': {
    cause: 'By the clock of this server, `nbf` is in the future by more than `clockSkewInMs`.',
    cure: 'Synchronise the clock (NTP). `fastify.clerk.health().clock` has the estimated difference from Clerk’s.'
  },
  'token-iat-in-the-future': {
    cause: 'By the clock of this server, `iat` is in the future by more than `clockSkewInMs`.',
    cure: 'Synchronise the clock (NTP). `fastify.clerk.health().clock` has the estimated difference from Clerk’s.'
  },
  'token-verification-failed': {
    cause: 'A claim is missing or malformed, the audience is another, or the algorithm is not that of the key.',
    cure: 'If `audience` is set: session tokens have no `aud` unless a template of yours adds it. Else compare the token’s claims with the specification.',
    see: 'core/token/README.md'
  },
  'token-type-mismatch': stateReasonHelp['token-type-mismatch'],
  'session-revoked': {
    cause: 'The session was revoked on this server, or by a webhook or the bus, after the token had been issued.',
    cure: 'The user signs in again. End the session at Clerk too, else the sign-in page sends the browser back.',
    see: 'revocation/README.md'
  },
  'revocation-bus-away': {
    cause:
      "With `revocation.whenBusIsAway: 'refuse'`: whether the token was revoked cannot be told, as the bus is away. Answered with 503.",
    cure: 'Mend the bus: `fastify.clerk.health().revocation.bus.cause` says why it is away, see [Causes of a bus that is away](#causes-of-a-bus-that-is-away).',
    see: 'revocation/README.md#while-the-bus-is-away'
  },
  'secret-key-invalid': {
    cause: 'Keys or an answer cannot be had, as Clerk refuses the secret key. Answered with 503.',
    cure: 'Copy `CLERK_SECRET_KEY` again from the Clerk dashboard, of the same instance as the publishable key.'
  },
  'jwk-remote-failed-to-load': {
    cause: 'No key set could be had, so the token cannot be judged. Answered with 503 and `Retry-After`.',
    cure: 'Look `fastify.clerk.health().keys.lastError` up under [Causes of a failed fetch](#causes-of-a-failed-fetch). A snapshot or `jwtKey` makes a server independent of it.',
    see: 'core/jwks/README.md'
  },
  'jwk-failed-to-resolve': {
    cause:
      'Clerk’s reason for a missing source of keys. Here it refuses to boot instead, as `FST_CLERK_OPTION_NO_KEY_SOURCE`.',
    cure: 'Give `publishableKey`, `secretKey`, `jwtKey` or `jwks.keys`.'
  },
  'jwk-kid-mismatch': {
    cause: 'The newest key set has no such key: the token is of another instance, or the key was removed.',
    cure: 'If all tokens fail: publishable key, secret key and `jwtKey` are of different instances. With a fixed `jwtKey`, the key may be rotated.'
  }
}

/** Why an expired session token could not be refreshed. The reason is `session-token-expired-refresh-` and one of these. */
export const refreshCodeHelp: Readonly<Record<RefreshFailureCode, Help>> = {
  'non-eligible-non-get': {
    cause: 'The request is no `GET`, and a refresh belongs to page loads.',
    cure: 'Let the frontend call `getToken()`, which sends a fresh token.'
  },
  'non-eligible-no-refresh-cookie': {
    cause: 'The browser sends no refresh cookie; requests of scripts with a bearer token have none.',
    cure: 'Let the frontend call `getToken()`. A page load is sent through the handshake.'
  },
  'missing-api-client': {
    cause: 'There is no secret key to refresh with.',
    cure: 'Set `CLERK_SECRET_KEY`. Else a page load takes a handshake.'
  },
  'expired-session-token-missing-sid-claim': {
    cause: 'The expired token names no session.',
    cure: 'Nothing: Clerk’s own session tokens have `sid`. Look for a template that replaces the session token.'
  },
  'invalid-session-token': {
    cause: 'Clerk’s answer brought no session token, or one that does not verify here.',
    cure: 'If it comes often: keys of two instances are mixed, or the clock is off.'
  },
  'fetch-error': {
    cause: 'Clerk could not be asked, or answered an error of its own.',
    cure: 'See [Causes of a failed call](#causes-of-a-failed-call).'
  },
  'unexpected-bapi-error': {
    cause: 'Clerk answered an HTTP error without a code.',
    cure: 'Look for a proxy between this server and Clerk’s Backend API, and at `apiUrl`.'
  },
  'unexpected-sdk-error': {
    cause: 'Clerk answered the refresh with something that holds no cookies.',
    cure: 'Look for a proxy between this server and Clerk’s Backend API, and at `apiUrl`.'
  }
}
