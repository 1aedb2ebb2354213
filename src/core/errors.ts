// Every error this package makes: code, constant text that says what to do next, status. Importers take errors from here;
// an error of an entry is in the file named as the entry's folder.

export * from './errors/audit.js'
export * from './errors/cli.js'
export * from './errors/connections.js'
export { type ErrorEntry, errorEntries } from './errors/create-error.js'
export * from './errors/local.js'
export * from './errors/mcp.js'
export * from './errors/metrics.js'
export * from './errors/openapi.js'
export * from './errors/options.js'
export * from './errors/otel.js'
export * from './errors/proxy.js'
export * from './errors/registration.js'
export * from './errors/requests.js'
export * from './errors/revocation.js'
export * from './errors/webhooks.js'
