import { type HelpAddress, helpAt } from './help-page.js'
import type { Logger } from './logger.js'

interface Line {
  readonly level: 'warn' | 'error'
  /** Constant: repetitions are counted by it. */
  readonly text: string
}

/**
 * Lines of the log that ask for action and are about neither an error code, the reason of a request, nor a cause from a closed list: those
 * have their own entries in the help page. A line's entry there has the heading `log: NAME`; `help/log-lines.ts` does not
 * compile until it has cause and cure.
 */
export const LOG_LINES = {
  'audit-sink-away': {
    level: 'error',
    text: 'The audit sink does not take records; they are kept and tried again'
  },
  'audit-records-refused': { level: 'error', text: 'The audit sink refused records for what is in them' },
  'audit-full': { level: 'error', text: 'The audit log is full; records are dropped and counted' },
  'audit-has-room': { level: 'warn', text: 'The audit log has room again' },
  'audit-closed': { level: 'error', text: 'The audit log is closed; a record came too late' },
  'audit-close-timeout': {
    level: 'error',
    text: 'The audit sink did not take all records before the time to close was over'
  },
  'audit-exit': { level: 'error', text: 'The audit sink did not take the last records of an exiting process' },
  'authorization-server-unavailable': {
    level: 'warn',
    text: 'Clerk: the metadata of the authorization server cannot be had'
  },
  'authorization-over-cookies': {
    level: 'warn',
    text: 'Clerk: many requests are refused whose Authorization header has no session token of this instance, and which have session cookies too. Cookies do not count beside a bearer token. If a platform or a proxy in front of this server adds the header, let it leave the header out, or name another place for tokens by extractToken.'
  },
  'clock-behind': {
    level: 'warn',
    text: 'Clerk: tokens are refused because the clock of this server is behind. Synchronise it (NTP).'
  },
  'clock-ahead': {
    level: 'warn',
    text: 'Clerk: tokens are refused because the clock of this server is ahead. Synchronise it (NTP).'
  },
  'cookie-without-azp-accepted': {
    level: 'warn',
    text: 'Clerk: a session cookie has a token without azp. It is accepted, and authorizedParties would refuse it: stats().cookieTokensWithoutAzp counts them before you set the option.'
  },
  'cookie-without-azp-refused': {
    level: 'warn',
    text: 'Clerk: a session cookie has a token without azp, which authorizedParties refuses. If that signs users out, list authorizedParties in reportOnly: stats().cookieTokensWithoutAzp counts such tokens.'
  },
  'cross-origin-reported': {
    level: 'warn',
    text: 'Clerk: a page of another origin had a browser send a request that changes something, signed in by cookie. It was let through: set crossOrigin to "refuse", after adding origins of yours to authorizedParties. If the origin is that of this server, Fastify does not know its public address: see trustProxy.'
  },
  'cross-origin-refused': {
    level: 'warn',
    text: 'Clerk: a page of another origin had a browser send a request that changes something, signed in by cookie. It was refused. If the origin is one of yours, add it to authorizedParties; if it is that of this server, see trustProxy.'
  },
  'explain-failed': { level: 'warn', text: 'The option explain has thrown: nothing is told' },
  'forwarded-header-ignored': {
    level: 'warn',
    text: "A forwarded header arrived and was ignored because trustProxy is off. If this server is behind a proxy, set Fastify's trustProxy to the proxy's addresses: redirects and same-origin checks use the wrong URL otherwise."
  },
  'forwarded-header-of-untrusted-peer': {
    level: 'warn',
    text: "A forwarded header arrived and was ignored because Fastify's trustProxy does not trust the peer that sent it. If the peer is a proxy of yours, add its address (a number of hops trusts nobody): redirects and same-origin checks use the wrong URL otherwise. A client that reaches this server directly may have sent it as well."
  },
  'cloudfront-header-ignored': {
    level: 'warn',
    text: 'CloudFront-Forwarded-Proto was ignored because the nearest proxy says otherwise in X-Forwarded-Proto. If CloudFront reaches the load balancer by http, let it use https: redirects and same-origin checks use the wrong URL otherwise.'
  },
  'handshake-of-another-key': {
    level: 'error',
    text: 'Clerk: a handshake came back signed by another key. The usual cause is switched keys: the publishable key and the secret key (or jwtKey) belong to different instances. Copy both from the same instance and clear the cookies of this site.'
  },
  'instance-not-warm': { level: 'error', text: 'Clerk: an instance could not be warmed up' },
  'key-refresh-bug': { level: 'error', text: 'Refreshing the Clerk key set met a bug' },
  'organization-not-activated': {
    level: 'warn',
    text: 'Clerk: the organization of the URL could not be activated after 3 redirects; the request goes on with the one that is active. The route must check the organization itself.'
  },
  'early-routes-unknown': {
    level: 'warn',
    text: 'Routes outside of the scope where fastify-clerk-auth is registered were made before it, on a server that was made before the package was imported. They are open if they are meant to be guarded: fastify.requireAuth was undefined, which Fastify takes for no hook. To guard them, wrap the plugin that registers it in fastify-plugin and load it before them; if they are public, list them in earlyRoutes, or import the package before Fastify() is called, which lets it tell the two apart'
  },
  'proxy-cleartext': {
    level: 'warn',
    text: 'fapiUrl is plain http to another machine: the secret key can be read on the way'
  },
  'api-cleartext': {
    level: 'warn',
    text: 'apiUrl is plain http to another machine: the secret key can be read on the way'
  },
  'redirects-without-cookies': {
    level: 'warn',
    text: 'Clerk: a client without cookies of Clerk has been redirected from one page five times within ten seconds. If it keeps no cookies, it is in a loop that cannot be stopped, as the count is a cookie: a script or a monitor, a browser that blocks cookies, or a proxy that drops Cookie or Set-Cookie. Many first visits from one address look the same.'
  },
  'report-only-without-issuer': {
    level: 'warn',
    text: 'reportOnly lists "issuer", but no issuer is checked: give publishableKey or issuer'
  },
  'report-only-without-parties': {
    level: 'warn',
    text: 'reportOnly lists "authorizedParties", but there are none: give authorizedParties'
  },
  'webhook-types-unknown': {
    level: 'warn',
    text: 'webhooks.on has handlers for events that fastify-clerk-auth does not know: none of them is called unless Clerk sends an event of exactly that type. Check the spelling; the handler "*" is called for every event'
  },
  'report-only-accepted': {
    level: 'warn',
    text: 'Clerk: a token that this report-only rule would refuse was accepted'
  },
  'resolver-makes-anew': {
    level: 'warn',
    text: 'Clerk: the resolver makes functions anew for each request, and each request gets an instance of its own, without keys. Make them once, outside of the resolver, or return the same object again.'
  },
  'revocation-bus-not-opened': { level: 'error', text: 'revocation bus could not be opened' },
  'revocations-folded': {
    level: 'warn',
    text: 'too many revocations at once: the oldest now count for every token issued before them'
  },
  'tokens-too-long': {
    level: 'warn',
    text: 'Clerk: many requests are refused because their token is longer than 8192 characters, and so not looked at. If they are of users, remove custom claims from the session token.'
  },
  'webhook-failed-late': { level: 'error', text: 'webhook handler failed late' },
  'webhook-names-nobody': { level: 'warn', text: 'webhook does not say whose tokens end' }
} as const satisfies Readonly<Record<string, Line>>

/** `keys-of-two-instances`: its text names the two options (`core/jwks/instance-mismatch.ts`). */
export type LogLine = keyof typeof LOG_LINES | 'keys-of-two-instances'

/** Lines about refusals that are often a fault of the set-up, and that anybody can cause. */
export type MisdirectedToken = Extract<LogLine, 'tokens-too-long' | 'authorization-over-cookies'>

export function helpOfLine(line: LogLine): HelpAddress {
  return helpAt(`log: ${line}`)
}

/** Logs one of the lines above, with the place where it is explained. */
export function logLine(log: Pick<Logger, 'warn' | 'error'>, line: keyof typeof LOG_LINES, fields: object = {}): void {
  const { level, text } = LOG_LINES[line]
  log[level]({ ...fields, help: helpOfLine(line) }, text)
}
