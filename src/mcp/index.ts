export { type AuthInfo, type AuthorizedRequest, toAuthInfo } from './auth-info.js'
export type { McpAuth, McpAuthParams } from './mcp-auth.js'
export type { McpResourceOptions } from './options.js'
export { mcpResource } from './plugin.js'
