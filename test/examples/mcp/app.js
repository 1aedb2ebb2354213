import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import Fastify from 'fastify'
import clerkAuth from 'fastify-clerk-auth'
import { mcpResource, toAuthInfo } from 'fastify-clerk-auth/mcp'
import { z } from 'zod'

/** An MCP server of notes: everybody who is let in reads them, and writing needs a scope of its own. */
export async function buildApp(resource, clerkOptions) {
  const app = Fastify()
  await app.register(clerkAuth, clerkOptions)
  await app.register(mcpResource, { resource, scopes: ['notes:read', 'notes:write'], name: 'Notes' })

  const notes = []
  const mayWrite = app.mcpAuth({ scopes: ['notes:read', 'notes:write'] })

  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: new URL(resource).pathname,
    onRequest: app.mcpAuth({ scopes: 'notes:read' }),
    // What a tool needs beyond that is decided by the message, before the transport answers.
    preHandler: async (request, reply) => {
      const messages = [request.body].flat()
      if (messages.some((message) => message?.params?.name === 'write_note')) await mayWrite(request, reply)
    },
    handler: async (request, reply) => {
      const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
      const server = createServer(notes)
      reply.raw.on('close', () => Promise.all([transport.close(), server.close()]))
      await server.connect(transport)
      reply.hijack()
      await transport.handleRequest(Object.assign(request.raw, { auth: toAuthInfo(request) }), reply.raw, request.body)
    }
  })
  return app
}

function createServer(notes) {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  const text = (value) => ({ content: [{ type: 'text', text: value }] })
  server.registerTool('read_notes', { description: 'Lists all notes' }, () => text(notes.join('\n')))
  server.registerTool(
    'write_note',
    { description: 'Adds a note', inputSchema: { note: z.string() } },
    ({ note }, { authInfo }) => {
      notes.push(`${note} (${authInfo.extra.userId})`)
      return text('written')
    }
  )
  return server
}
