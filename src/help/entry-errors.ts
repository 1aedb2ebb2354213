import type { Help } from './help.js'

/** Errors of the other entries, as they are set up. */
export const entryErrors = {
  FST_CLERK_LOCAL_IN_PRODUCTION: {
    cause: '`createLocalClerk` is called with `NODE_ENV=production`.',
    cure: 'Import it in tests and development alone: it signs in anybody who asks.',
    see: 'local/README.md'
  },
  FST_CLERK_LOCAL_ARGUMENT: {
    cause: 'The local Clerk has no session, user or key of that name, or an argument does not fit.',
    cure: 'Make it first, or correct the argument that the message names.',
    see: 'local/README.md'
  },
  FST_CLERK_LOCAL_PEER: {
    cause: 'For TLS, the peer that makes certificates is not installed.',
    cure: 'Run `npm install --save-dev selfsigned`, or give a certificate.',
    see: 'local/README.md'
  },
  FST_CLERK_REVOCATION_TARGET: {
    cause: '`revoke` is not told exactly one of its targets.',
    cure: 'Name one session, user, organization, membership, token or client.',
    see: 'revocation/README.md'
  },
  FST_CLERK_REVOCATION_TIME: {
    cause: 'The moment given to `revoke` is in the future, more than a year ago, or in seconds.',
    cure: 'Give a `Date`, or milliseconds since the epoch.',
    see: 'revocation/README.md'
  },
  FST_CLERK_REVOCATION_REDIS_CLIENT: {
    cause: 'The value is no client of ioredis, iovalkey or redis (node-redis), or is too old.',
    cure: 'Give the client itself, not its options or URL.',
    see: 'revocation/README.md'
  },
  FST_CLERK_REVOCATION_POSTGRES_POOL: {
    cause: 'The value given is no `Pool` of `pg`: a client, a connection string, a pool of another package.',
    cure: 'Give `new Pool({ connectionString })`.',
    see: 'revocation/README.md'
  },
  FST_CLERK_REVOCATION_BUS_PROMISE: {
    cause: 'The bus breaks the promise that the message names.',
    cure: 'Mend the bus, or name the case in `without`, and say so to its users.',
    see: 'revocation/README.md'
  },
  FST_CLERK_WEBHOOK_SECRET_MISSING: {
    cause: 'Neither the option `signingSecret` nor `CLERK_WEBHOOK_SIGNING_SECRET` is set.',
    cure: 'Copy the signing secret from the endpoint in the Clerk dashboard. Each endpoint has its own.',
    see: 'webhooks/README.md'
  },
  FST_CLERK_WEBHOOK_SECRET_INVALID: {
    cause: 'The value is no signing secret: an API key, or a part of the secret.',
    cure: 'Copy it again: `whsec_` and base64.',
    see: 'webhooks/README.md'
  },
  FST_CLERK_WEBHOOK_VERIFIER_MISSING: {
    cause: '`standardwebhooks` is not installed, or cannot be loaded.',
    cure: 'Run `npm install standardwebhooks`. If it is there, `error.cause` says why it does not load.',
    see: 'webhooks/README.md'
  },
  FST_CLERK_WEBHOOK_PLUGIN: {
    cause:
      'Webhooks are registered before the plugin that they revoke sessions at, or it has a resolver and so no instance of its own.',
    cure: 'Register `fastify-clerk-auth` first. With a resolver give `revoke`, which names the instance, or `revoke: false`.',
    see: 'webhooks/README.md'
  },
  FST_CLERK_AUDIT_EARLY_ROUTES: {
    cause: 'Routes were made before the audit log had loaded, and its `earlyRoutes` does not allow them.',
    cure: '`await` the registration of the audit log before the routes are made.',
    see: 'audit/README.md'
  },
  FST_CLERK_AUDIT_PEER: {
    cause: 'An audit sink needs a package that is not installed, or cannot be loaded.',
    cure: 'Install the package that the message names. If it is there, `error.cause` says why it does not load.',
    see: 'audit/README.md'
  },
  FST_CLERK_MCP_PLUGIN: {
    cause: '`mcpResource` is registered before the plugin.',
    cure: 'Register `fastify-clerk-auth` first.',
    see: 'mcp/README.md'
  },
  FST_CLERK_MCP_ROOT: {
    cause:
      '`mcpResource` is registered under a prefix, or in a scope whose hooks are guards. Clients look at `/.well-known` of the root, without a token.',
    cure: 'Register it at the root of the server, and guards on the routes.',
    see: 'mcp/README.md'
  },
  FST_CLERK_MCP_AUTHORIZATION_SERVER: {
    cause: 'Nothing says which authorization server issues tokens for the resource.',
    cure: 'Set `CLERK_PUBLISHABLE_KEY`, or the option `authorizationServer`.',
    see: 'mcp/README.md'
  },
  FST_CLERK_MCP_SCOPES: {
    cause: '`mcpAuth()` asks for scopes that no client could know of, or that are none.',
    cure: 'List the scopes in the option `scopes` of `mcpResource` too, each as RFC 6749 section 3.3 writes them.',
    see: 'mcp/README.md'
  },
  FST_CLERK_MCP_METADATA_UNAVAILABLE: {
    cause: 'The metadata of the authorization server cannot be fetched for now.',
    cure: 'The log line has the `failure`. Check the way there; clients try again.',
    see: 'mcp/README.md'
  },
  FST_CLERK_MCP_METADATA_INVALID: {
    cause: 'The authorization server answers with something else than metadata.',
    cure: 'Correct `authorizationServer`: it is the issuer, whose metadata RFC 8414 puts under `/.well-known`.',
    see: 'mcp/README.md'
  },
  FST_CLERK_OPENAPI_PLUGIN: {
    cause: 'The OpenAPI plugin is registered before the plugin.',
    cure: 'Register `fastify-clerk-auth` first.',
    see: 'openapi/README.md'
  },
  FST_CLERK_OPENAPI_SWAGGER: {
    cause: '`@fastify/swagger` is registered before the OpenAPI plugin, in another scope, or not at all.',
    cure: 'Register it after the OpenAPI plugin, in the same scope.',
    see: 'openapi/README.md'
  },
  FST_CLERK_OPENAPI_VERSION: {
    cause: 'The document of `@fastify/swagger` is one of Swagger 2.',
    cure: 'Give `@fastify/swagger` the option `openapi`.',
    see: 'openapi/README.md'
  },
  FST_CLERK_PROXY_PEER: {
    cause: '`@fastify/reply-from` is not installed, or cannot be loaded.',
    cure: 'Run `npm install @fastify/reply-from`. If it is there, `error.cause` says why it does not load.',
    see: 'proxy/README.md'
  },
  FST_CLERK_PROXY_KEYS: {
    cause: 'The Frontend API proxy has not both keys of the instance.',
    cure: 'Set `CLERK_PUBLISHABLE_KEY` and `CLERK_SECRET_KEY`, or register the proxy after the plugin that has them.',
    see: 'proxy/README.md'
  },
  FST_CLERK_PROXY_URL: {
    cause: 'The plugin’s `proxyUrl` is a path of this server, and the proxy serves another.',
    cure: 'Leave `proxyUrl` and `CLERK_PROXY_URL` out, or give the absolute URL at which browsers reach the proxy.',
    see: 'proxy/README.md'
  },
  FST_CLERK_METRICS_PLUGIN: {
    cause: 'Metrics are registered before the plugin.',
    cure: 'Register `fastify-clerk-auth` first.',
    see: 'metrics/README.md'
  },
  FST_CLERK_METRICS_PEER: {
    cause: '`prom-client` is not installed, or cannot be loaded.',
    cure: 'Run `npm install prom-client`. If it is there, `error.cause` says why it does not load.',
    see: 'metrics/README.md'
  },
  FST_CLERK_OTEL_PLUGIN: {
    cause: 'The OpenTelemetry plugin is registered before the plugin.',
    cure: 'Register `fastify-clerk-auth` first.',
    see: 'otel/README.md'
  },
  FST_CLERK_OTEL_PEER: {
    cause: '`@opentelemetry/api` is not installed, or cannot be loaded.',
    cure: 'Run `npm install @opentelemetry/api`. If it is there, `error.cause` says why it does not load.',
    see: 'otel/README.md'
  },
  FST_CLERK_MIGRATE_PARSER: {
    cause: '`@babel/parser` is not installed, or cannot be loaded.',
    cure: 'Let `npx` bring it: `npx -p fastify-clerk-auth -p @babel/parser fastify-clerk-auth migrate FILE...`.',
    see: 'cli/README.md#migrate'
  },
  FST_CLERK_PLAYGROUND_PAGES: {
    cause: 'The command was bundled or copied out of the package, away from its pages.',
    cure: 'Run `npx fastify-clerk-auth` with the package installed. Do not bundle the command.',
    see: 'cli/README.md'
  }
} satisfies Record<string, Help>
