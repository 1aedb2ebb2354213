import type { LogLine } from '../core/log-lines.js'
import type { Help } from './help.js'

/** Lines of the log that have no code, reason or cause from a closed list: `help` of each leads to its entry. */
export const logLineHelp: Readonly<Record<LogLine, Help>> = {
  'keys-of-two-instances': {
    cause:
      'Two options lead to keys of different Clerk instances; the line and `instanceMismatch` of `health()` name them. No session token of the frontend verifies. Where the key sets could not be compared, the line says that forged tokens may be the cause.',
    cure: 'Copy publishable key and secret key (or `jwtKey`) from the same instance of the Clerk dashboard. `npx fastify-clerk-auth doctor` compares the key sets.',
    see: 'cli/README.md#doctor'
  },
  'handshake-of-another-key': {
    cause:
      'In development: a handshake came back signed by a key that this server does not have. Publishable key and key source are of different instances.',
    cure: 'Copy both keys from the same instance of the Clerk dashboard, and clear the cookies of this site.'
  },
  'authorization-over-cookies': {
    cause:
      'Twenty requests within a minute had an `Authorization` header without a session token of this instance, beside session cookies, which do not count then. A platform in front of the server may add that header (Cloud Run, IAP, an API gateway), or a client. `count`: since the last such line.',
    cure: 'Let the platform leave the header out, or take the token from elsewhere by `extractToken`.',
    see: 'plugin/README.md'
  },
  'tokens-too-long': {
    cause:
      'Twenty requests within a minute had a token of more than 8192 characters, longer than any that is looked at. `count`: since the last such line. Anybody can send such a text.',
    cure: 'If users are refused so, remove custom claims from the session token in the Clerk dashboard: browsers drop cookies above 4 KB anyway.'
  },
  'redirects-without-cookies': {
    cause:
      'Five handshakes or redirects to `signInUrl` within ten seconds, from one page, to one address and `User-Agent`, without a cookie of Clerk: a client that keeps no cookies, or many first visits through one address, as of a proxy without `trustProxy`.',
    cure: 'Send the token of a script as `Authorization: Bearer`, and set `handshake: false` in `config.clerk` of routes for such clients. In a browser: its cookies are blocked, or dropped by a proxy.',
    see: 'core/state/README.md'
  },
  'clock-behind': {
    cause:
      'Session tokens are refused as not valid yet, and by the time that Clerk tells they are valid. `clockOffsetMs` is the difference in ms, `count` the tokens refused for their time since the last such line.',
    cure: 'Synchronise the clock of the server (NTP).',
    see: 'diagnostics/README.md'
  },
  'clock-ahead': {
    cause:
      'Session tokens are refused as expired, and by the time that Clerk tells they are valid. `clockOffsetMs` is the difference in ms, `count` the tokens refused for their time since the last such line.',
    cure: 'Synchronise the clock of the server (NTP).',
    see: 'diagnostics/README.md'
  },
  'cookie-without-azp-accepted': {
    cause:
      'A session cookie holds a token without the claim `azp`. Clerk issues some, and the option `authorizedParties` would refuse them.',
    cure: 'Before you set `authorizedParties`, list it in `reportOnly` and read `stats().cookieTokensWithoutAzp`.'
  },
  'cookie-without-azp-refused': {
    cause:
      'A session cookie holds a token without the claim `azp`, which `authorizedParties` refuses: the user counts as signed out.',
    cure: 'If these are users of yours, list `authorizedParties` in `reportOnly` until `stats().cookieTokensWithoutAzp` stops to grow.'
  },
  'resolver-makes-anew': {
    cause:
      'Three instances were built of options that differ only in the functions, or objects with functions, of the options in `members`. So an instance is built, and its keys are fetched, for each request.',
    cure: 'Make the members once, or return the same object for the same tenant.',
    see: 'plugin/README.md#several-instances'
  },
  'report-only-accepted': {
    cause: 'A token that a rule of `reportOnly` would refuse was accepted. `stats()` has the count.',
    cure: 'Add the origin or the issuer of your own pages to the rule. Once the count stops to grow, remove the rule from `reportOnly`.'
  },
  'report-only-without-issuer': {
    cause: '`reportOnly` lists `issuer`, and no issuer is checked: there is nothing to report.',
    cure: 'Give `publishableKey` or `issuer`, or remove `issuer` from `reportOnly`.'
  },
  'report-only-without-parties': {
    cause: '`reportOnly` lists `authorizedParties`, and the option is not set: there is nothing to report.',
    cure: 'Give `authorizedParties`, or remove it from `reportOnly`.'
  },
  'forwarded-header-ignored': {
    cause:
      'A request came with a forwarded host or scheme, and Fastify’s `trustProxy` is off. `header` names it. Once for each server.',
    cure: 'Set `trustProxy` to the addresses of your proxy. Without a proxy, nothing: a client made the header up.'
  },
  'forwarded-header-of-untrusted-peer': {
    cause:
      'A request came with a forwarded host or scheme from a peer that Fastify’s `trustProxy` does not trust. A number of hops trusts nobody. Once for each server.',
    cure: 'Add a proxy of yours to `trustProxy`. Else nothing: a client reached the server directly.'
  },
  'cloudfront-header-ignored': {
    cause: '`CloudFront-Forwarded-Proto` and `X-Forwarded-Proto` differ: the nearest proxy goes before.',
    cure: 'Let CloudFront reach the load balancer by https.'
  },
  'cross-origin-reported': {
    cause:
      'With `crossOrigin: "report"`: a page of another origin changed something, signed in by cookie. It was let through.',
    cure: 'Add origins of your own to `authorizedParties`, then set `crossOrigin` to `refuse`. If the origin is that of this server, correct `trustProxy`.',
    see: 'plugin/README.md#other-sites-requests'
  },
  'cross-origin-refused': {
    cause:
      'With `crossOrigin: "refuse"`: a page of another origin tried to change something, signed in by cookie (`FST_CLERK_CROSS_ORIGIN`).',
    cure: 'If the origin is one of yours, add it to `authorizedParties`. If it is that of this server, correct `trustProxy`. Else nothing: this is the protection at work.',
    see: 'plugin/README.md#other-sites-requests'
  },
  'organization-not-activated': {
    cause:
      'The URL names an organization that Clerk does not activate for this user: they are no member of it, or it does not exist.',
    cure: 'Let the route compare the organization with `request.auth`. If members are concerned, correct `organizationSyncOptions`.',
    see: 'core/state/README.md'
  },
  'explain-failed': {
    cause: 'The function of the option `explain` threw for a request: `explain(request)` told nothing.',
    cure: 'Let the function return `false` for requests that it cannot judge. `cause` is the kind of error.',
    see: 'plugin/README.md#why'
  },
  'early-routes-unknown': {
    cause: 'Routes outside of the plugin’s scope may be open to everybody: their guards cannot be seen.',
    cure: 'Wrap the plugin that registers this package in `fastify-plugin` and load it before the routes. Public routes: list them in `earlyRoutes`.',
    see: 'plugin/README.md#order-of-loading'
  },
  'instance-not-warm': {
    cause: 'An instance that a resolver has given could not fetch its first keys. `err` has the cause.',
    cure: 'Look up the code of `err` on this page. Requests of this instance are answered 503 until keys can be had.'
  },
  'key-refresh-bug': {
    cause:
      'A listener of the diagnostics channels threw, or this package has a bug. Keys are fetched again all the same.',
    cure: 'If `err` names a file of yours, catch the error there; else report it with the stack of `err`.'
  },
  'api-cleartext': {
    cause: '`apiUrl` is plain http to another machine, and every call carries the secret key.',
    cure: 'Use https. On a network that only you read, leave it.'
  },
  'proxy-cleartext': {
    cause: '`fapiUrl` of the proxy is plain http to another machine, and every call carries the secret key.',
    cure: 'Use https, or leave the option out.',
    see: 'proxy/README.md'
  },
  'authorization-server-unavailable': {
    cause:
      'The metadata of the OAuth authorization server could not be fetched (`failure: unavailable`) or is not a metadata document (`invalid`). The last document is served for a day.',
    cure: 'Fetch `/.well-known/oauth-authorization-server` of your Frontend API from this host.',
    see: 'mcp/README.md'
  },
  'revocation-bus-not-opened': {
    cause: 'The bus threw when it was opened: revocations count in this process only.',
    cure: '`err` has the cause: correct the client or the bus that was passed, and start again.',
    see: 'revocation/README.md'
  },
  'revocations-folded': {
    cause:
      'More revocations are stored than fit. The oldest became one moment: every token issued before it is refused, so that users sign in or are refreshed once more.',
    cure: 'Nothing, if you have just revoked many. Else look for the code that revokes without end.',
    see: 'revocation/README.md'
  },
  'webhook-types-unknown': {
    cause: '`webhooks.on` has a handler for an event type that this package does not know.',
    cure: 'Correct the type; the warning has the nearest known one. A new type of Clerk’s works as it stands.',
    see: 'webhooks/README.md'
  },
  'webhook-failed-late': {
    cause:
      'A handler failed after the delivery had been answered with 409, because it took longer than `answerTimeoutInMs`.',
    cure: 'Correct the handler by `err`. Clerk sends the event again.',
    see: 'webhooks/README.md'
  },
  'webhook-names-nobody': {
    cause: 'A signed event that ends tokens lacks the id of the session, user or organization: nothing was revoked.',
    cure: 'Look at the event in the Clerk dashboard by the id in `webhook`, and revoke by hand.',
    see: 'revocation/README.md'
  },
  'audit-sink-away': {
    cause: 'The sink failed. Records are kept in memory and written again later; `error` is the code of the failure.',
    cure: 'Look at disk, database or network of the sink.',
    see: 'audit/README.md'
  },
  'audit-records-refused': {
    cause: 'The sink refused records for good, as too large or not of its form. They are lost; `lost` counts them.',
    cure: 'Look up `error` in the manual of the sink’s store.',
    see: 'audit/README.md'
  },
  'audit-full': {
    cause:
      'The sink takes fewer records than requests make, and the queue is full. New records are dropped and counted.',
    cure: 'Repair the sink; if it is too slow, give more room or set what may be left out.',
    see: 'audit/README.md'
  },
  'audit-has-room': {
    cause: 'The queue has room again. `dropped` records are missing, as a line of the audit log says.',
    cure: 'Find out why the sink was slow when `audit-full` came.',
    see: 'audit/README.md'
  },
  'audit-closed': {
    cause: 'A request ended after the audit log was closed. Its record is lost.',
    cure: '`await fastify.close()`, which waits for requests, before the process ends.',
    see: 'audit/README.md'
  },
  'audit-close-timeout': {
    cause: 'The server closed, and the sink did not take all records within `closeTimeoutInMs`. `lost` are gone.',
    cure: 'Repair the sink, or give it more time by `closeTimeoutInMs`.',
    see: 'audit/README.md'
  },
  'audit-exit': {
    cause: 'The process ended without closing the server, and the last records could not be written at once.',
    cure: 'Call `await fastify.close()` on SIGTERM, and look up `error`.',
    see: 'audit/README.md'
  }
}
