import type { McpAuth } from './mcp-auth.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes a guard for the resource of `mcpResource`; undefined before that plugin has loaded. */
    readonly mcpAuth: McpAuth
  }
}
