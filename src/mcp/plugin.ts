import type { FastifyInstance, FastifyReply } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { authorizationServerOf } from '../core/authorization-server.js'
import {
  McpAuthorizationServerError,
  McpMetadataUnavailableError,
  McpPluginError,
  McpRootError
} from '../core/errors.js'
import { readOptions, type SettingsOf } from '../core/options/table.js'
import { FASTIFY_RANGE } from '../plugin/fastify-range.js'
import { isGuardedScope } from '../plugin/guarded-scope.js'
import { REGISTER_OPTIONS } from '../plugin/register-options.js'
import { createMcpAuth } from './mcp-auth.js'
import { MCP, type McpResourceOptions } from './options.js'
import { describeResource, type Resource, WELL_KNOWN_RESOURCE } from './resource.js'
import { COOL_DOWN_MS, createServerMetadata } from './server-metadata.js'
import './types.js'

async function plugin(fastify: FastifyInstance, options: McpResourceOptions): Promise<void> {
  const settings = readOptions(MCP, options, { path: 'mcpResource', alsoKnown: REGISTER_OPTIONS })
  if (!fastify.hasDecorator('clerk')) throw new McpPluginError()
  // A guard that the scope gets later is found by the main plugin, as that of any route without authentication.
  if (fastify.prefix !== '' || isGuardedScope(fastify)) throw new McpRootError()
  const instance = fastify.clerk.instanceOf()
  const resource = describeResource(settings.resource)
  const server = settings.authorizationServer ?? authorizationServerOf(instance.settings)
  if (server === null) throw new McpAuthorizationServerError()

  const document = JSON.stringify(metadataOf(resource, server, settings))
  for (const path of new Set([`${WELL_KNOWN_RESOURCE}${resource.path}`, WELL_KNOWN_RESOURCE])) {
    // Of several resources the first is that of the origin: clients that do not know the path get its document.
    if (!fastify.hasRoute({ method: 'GET', url: path })) serve(fastify, path, () => document)
  }
  if (!fastify.hasRoute({ method: 'GET', url: WELL_KNOWN_SERVER })) {
    const { fetch, now } = instance.settings
    const metadata = createServerMetadata({ server, fetch, now, log: instance.log })
    serve(fastify, WELL_KNOWN_SERVER, (reply) =>
      metadata.read().catch((error: unknown) => {
        reply.header('cache-control', 'no-store')
        if (error instanceof McpMetadataUnavailableError) reply.header('retry-after', String(COOL_DOWN_MS / 1000))
        throw error
      })
    )
  }
  fastify.decorate('mcpAuth', createMcpAuth({ ...settings, resource }))
}

/** Where clients of the first version of the MCP authorization look for the authorization server: at the resource. */
const WELL_KNOWN_SERVER = '/.well-known/oauth-authorization-server'

/** RFC 9728 section 2. */
function metadataOf(
  resource: Resource,
  server: string,
  { scopes, name, documentation }: SettingsOf<typeof MCP>
): object {
  return {
    resource: resource.url,
    authorization_servers: [server],
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    ...(name !== null && { resource_name: name }),
    ...(documentation !== null && { resource_documentation: documentation })
  }
}

/** A public document: no cookie counts, so a page of any origin may read it. */
function serve(fastify: FastifyInstance, path: string, read: (reply: FastifyReply) => string | Promise<string>): void {
  const config = { clerk: false as const }
  fastify.get(path, { config }, async (_request, reply) => {
    reply.headers({ 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=3600' })
    const text = await read(reply)
    return reply.type('application/json; charset=utf-8').send(text)
  })
  fastify.options(path, { config }, async (_request, reply) => {
    reply.headers({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': 'accept, content-type, mcp-protocol-version',
      'access-control-max-age': '3600'
    })
    return reply.code(204).send()
  })
}

/**
 * Makes a server a protected resource of OAuth 2, as MCP clients look for one: publishes its metadata (RFC 9728), with the
 * authorization server that the publishable key names, passes on that server's metadata (RFC 8414) for older clients, and
 * decorates `fastify.mcpAuth`. Register it after fastify-clerk-auth, outside of any prefix. Its documents are public,
 * also with `defaultDeny`. Throws `FST_CLERK_MCP_PLUGIN`, `FST_CLERK_MCP_ROOT`, `FST_CLERK_MCP_AUTHORIZATION_SERVER` and the
 * coded error of a bad option.
 */
export const mcpResource = fastifyPlugin<McpResourceOptions>(plugin, {
  fastify: FASTIFY_RANGE,
  name: 'fastify-clerk-auth/mcp'
})
