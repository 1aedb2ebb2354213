// Read by fastify-clerk-auth/audit alone; declared here because a route says it in the plugin's own `config.clerk`.

/** `default`: changes (unsafe methods), refusals (401, 403) and impersonated requests. */
export type AuditWhen = 'always' | 'default' | 'refused' | 'never'

/** `config.clerk.audit` of a route; `true` is `{ when: 'always' }`, `false` is `{ when: 'never' }`. */
export interface AuditRouteOptions {
  readonly when?: AuditWhen | undefined
  /** Name of the route's action, e.g. `invoice.delete`. An action given to `request.audit()` replaces it. */
  readonly action?: string | undefined
  /** Name of the route parameter whose value is recorded as target: `id` for `/invoices/:id`. */
  readonly targetParam?: string | undefined
}
