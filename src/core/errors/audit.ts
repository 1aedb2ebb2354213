import { createError } from './create-error.js'

export const AuditFullError = createError(
  'FST_CLERK_AUDIT_FULL',
  'The audit log has no room at the moment and nothing is done unrecorded: try again later',
  503
)
export const AuditEarlyRoutesError = createError(
  'FST_CLERK_AUDIT_EARLY_ROUTES',
  'Routes were made before the audit log had loaded, and would go unrecorded: %s. Register it before the plugins that make them and add routes in plugins registered after it, or allow them by its option earlyRoutes',
  500
)
export const AuditPeerError = createError(
  'FST_CLERK_AUDIT_PEER',
  '%s needs the package %s, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more',
  500
)
