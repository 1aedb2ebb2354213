import { createError } from './create-error.js'

export const McpPluginError = createError(
  'FST_CLERK_MCP_PLUGIN',
  'fastify-clerk-auth/mcp reads fastify.clerk: register fastify-clerk-auth before it',
  500
)
export const McpRootError = createError(
  'FST_CLERK_MCP_ROOT',
  'mcpResource answers at /.well-known, which is at the root of a server and open to everybody: register it where there is no prefix and no guard among the hooks of the scope',
  500
)
export const McpAuthorizationServerError = createError(
  'FST_CLERK_MCP_AUTHORIZATION_SERVER',
  'mcpResource needs publishableKey (CLERK_PUBLISHABLE_KEY) or its option authorizationServer: clients learn from it where to get a token',
  500
)
export const McpScopesError = createError('FST_CLERK_MCP_SCOPES', 'mcpAuth() parameter %s must be %s', 500)
export const McpMetadataUnavailableError = createError(
  'FST_CLERK_MCP_METADATA_UNAVAILABLE',
  'The metadata of the authorization server cannot be had at the moment, try again later',
  503
)
export const McpMetadataInvalidError = createError(
  'FST_CLERK_MCP_METADATA_INVALID',
  'The authorization server answers with no metadata document: check the option authorizationServer',
  502
)
