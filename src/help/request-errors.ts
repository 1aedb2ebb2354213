import type { Help } from './help.js'

/** Errors that a running server meets. */
export const requestErrors = {
  FST_CLERK_UNAUTHORIZED: {
    cause: 'A guard wants authentication, and the request is signed out. `error.reason` says why.',
    cure: 'Look it up under [Reasons](#reasons). If nobody is let in, the keys, `authorizedParties` or the clock are wrong.'
  },
  FST_CLERK_FORBIDDEN: {
    cause: 'The request is authenticated, and the condition of `authorize` does not hold for it.',
    cure: 'Compare the condition with role, permissions and scopes of `request.auth`. Permissions count for the active organization (`auth.orgId`) alone.',
    see: 'core/auth/README.md'
  },
  FST_CLERK_EXTRACT_TOKEN: {
    cause: 'In the log alone: `extractToken` failed. The request is signed out.',
    cure: 'Return the token or `undefined`, and catch errors. The line names the kind of error.'
  },
  FST_CLERK_CROSS_ORIGIN: {
    cause: "With `crossOrigin: 'refuse'`: a page of another origin caused a request that is signed in by cookie.",
    cure: 'Add a page of yours to `authorizedParties`, or let it send a bearer token. Else this is the protection at work.',
    see: 'plugin/README.md#other-sites-requests'
  },
  FST_CLERK_REVERIFICATION: {
    cause: 'The last verification of identity is too long ago. `error.clerk_error` is for Clerk’s frontend SDKs.',
    cure: 'Call the route through Clerk’s `useReverification`, which asks the user and sends the request again.'
  },
  FST_CLERK_KEYS_UNAVAILABLE: {
    cause: 'Keys, a revocation or an answer of Clerk could not be had. `error.reason` says which.',
    cure: 'Read `fastify.clerk.health()`: `keys.lastError` and `revocation.bus.cause` are explained under [Causes](#causes). Clients try again after `Retry-After`; nobody is signed out.',
    see: 'core/jwks/README.md'
  },
  FST_CLERK_RESOLVER: {
    cause: 'The resolver threw, or returned options that are not valid.',
    cure: 'Read the error beside it, and turn away requests of no instance before the plugin’s hook.',
    see: 'plugin/README.md#several-instances'
  },
  FST_CLERK_NO_INSTANCE: {
    cause: 'With a resolver, `fastify.clerk` was called without the request whose instance is meant.',
    cure: 'Pass a request that the plugin has authenticated.',
    see: 'plugin/README.md#several-instances'
  },
  FST_CLERK_NOT_EVALUATED: {
    cause:
      '`request.auth` is used, by a handler, hook or guard, on a route with `config.clerk: false`. A hook that runs before the plugin’s gets no error: there `request.auth` is signed out for everybody, with the reason `not-authenticated-yet`.',
    cure: 'Remove `config.clerk: false`. A hook of all routes asks `fastify.clerk.identify(request)`, which never throws, or leaves the route out.',
    see: 'plugin/README.md#who-it-is-in-a-word'
  },
  FST_CLERK_NOT_REGISTERED: {
    cause: '`getAuth` or a guard is used in a scope that the plugin does not cover.',
    cure: 'Register the plugin at the root or around the scope, before the routes. If a plugin of yours registers it, wrap that in `fastify-plugin`.',
    see: 'plugin/README.md#order-of-loading'
  },
  FST_CLERK_GET_TOKEN: {
    cause: '`getToken` with a template or a lifetime: Clerk issued no token.',
    cure: 'The message ends with Clerk’s answer. Status 404: the session has ended, or there is no template of this name.'
  },
  FST_CLERK_WEBHOOK_HEADERS: {
    cause: 'A header is missing.',
    cure: 'Nothing, when strangers try the address. Else let the proxy pass these headers.'
  },
  FST_CLERK_WEBHOOK_TIMESTAMP: {
    cause: 'The delivery was signed more than five minutes before or after the time of this server.',
    cure: 'Synchronise the clock (NTP). A recorded delivery is refused on purpose: send it from the Clerk dashboard.'
  },
  FST_CLERK_WEBHOOK_SIGNATURE: {
    cause: 'The secret is another endpoint’s, or the body was changed or parsed on its way.',
    cure: 'Copy `signingSecret` from this endpoint in the Clerk dashboard. Behind a proxy, let it pass the body byte for byte.'
  },
  FST_CLERK_WEBHOOK_PAYLOAD: {
    cause: 'The delivery is signed, and its body is no event of Clerk.',
    cure: 'Point the endpoint of the Clerk dashboard here, and no other sender that uses the same secret.'
  },
  FST_CLERK_WEBHOOK_BODY: {
    cause: '`verifyWebhook` was given a parsed body, whose bytes are no longer those that were signed.',
    cure: "Give the scope of the route a content type parser with `parseAs: 'buffer'`, or use the plugin of `fastify-clerk-auth/webhooks`, which has one.",
    see: 'webhooks/README.md'
  },
  FST_CLERK_WEBHOOK_BUSY: {
    cause: 'The same event is being handled at this moment.',
    cure: 'Nothing: Clerk sends it again. If it comes often, the handler takes longer than Clerk waits.'
  },
  FST_CLERK_LIFETIME_REVOKED: {
    cause: 'The session of a long-lived connection was revoked: this is `signal.reason`.',
    cure: 'Close the connection. The client has to sign in again.',
    see: 'core/connections/README.md'
  },
  FST_CLERK_LIFETIME_EXPIRED: {
    cause: 'The token of a long-lived connection ran out: this is `signal.reason`.',
    cure: 'Let the client send a fresh token before that and call `renew`, or connect again.',
    see: 'core/connections/README.md'
  },
  FST_CLERK_AUDIT_FULL: {
    cause: "With `whenFull: 'wait'`: no room for `maxWaitInMs`.",
    cure: 'Mend the sink: `fastify.auditLog.health()` has its last error and the number of waiting records.',
    see: 'audit/README.md'
  },
  FST_CLERK_PROXY_REQUEST: {
    cause: 'A path that reads in two ways, a `GET` with a body, or another protocol: the message says which.',
    cure: 'Nothing: Clerk’s libraries send no such request.',
    see: 'proxy/README.md'
  },
  FST_CLERK_PROXY_BODY_TIMEOUT: {
    cause: 'The body of a request to the Frontend API proxy was not there within `timeoutInMs`.',
    cure: 'Raise `timeoutInMs` for uploads over slow lines.',
    see: 'proxy/README.md'
  },
  FST_CLERK_PROXY_BODY_LIMIT: {
    cause: 'The body of a request to the Frontend API proxy is larger than `bodyLimit`.',
    cure: 'Nothing, or raise `bodyLimit`: the largest body that Clerk takes is a picture of 10 MB.',
    see: 'proxy/README.md'
  },
  FST_CLERK_PROXY_BUSY: {
    cause: '`maxConcurrency` requests to the Frontend API proxy are under way.',
    cure: 'Clerk answers slowly, or a client sends very much: limit its rate, or raise `maxConcurrency`.',
    see: 'proxy/README.md'
  },
  FST_CLERK_PROXY_UPSTREAM: {
    cause:
      'The Frontend API proxy cannot reach Clerk, or its answer breaks off, is no HTTP, or is larger than `responseLimit`. The log line has the `cause`.',
    cure: 'Check that this server reaches `frontend-api.clerk.dev` by https, and Clerk’s status page. `fapiUrl` and `CLERK_FAPI_URL` are for tests alone.',
    see: 'proxy/README.md'
  },
  FST_CLERK_PROXY_TIMEOUT: {
    cause: 'Clerk has not answered the Frontend API proxy within `timeoutInMs`.',
    cure: 'Check the way from this server to `frontend-api.clerk.dev`, and Clerk’s status page.',
    see: 'proxy/README.md'
  }
} satisfies Record<string, Help>
