import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { createLocalClerk } from 'fastify-clerk-auth/local'
import { buildApp } from './app.js'

const clerk = await createLocalClerk({ users: [{ id: 'user_ada', name: 'Ada' }] })
await clerk.listen()
const port = await freePort()
const resource = `http://127.0.0.1:${port}/mcp`
const app = await buildApp(resource, clerk.pluginOptions())
await app.listen({ port, host: '127.0.0.1' })
after(() => Promise.all([app.close(), clerk.close()]))

/** A port that nobody uses now. The URL of a resource has to be known before its server listens. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** What an MCP client keeps of its authorization; its browser is a user who says yes. */
class Provider {
  scopes = []
  redirectUrl = 'http://127.0.0.1:8976/callback'
  clientMetadata = {
    client_name: 'Example client',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none'
  }

  clientInformation() {
    return this.client
  }

  saveClientInformation(client) {
    this.client = client
  }

  tokens() {
    return this.saved
  }

  saveTokens(tokens) {
    this.saved = tokens
  }

  codeVerifier() {
    return this.verifier
  }

  saveCodeVerifier(verifier) {
    this.verifier = verifier
  }

  async redirectToAuthorization(url) {
    this.scopes.push(url.searchParams.get('scope'))
    assert.equal(url.searchParams.get('resource'), resource)
    const page = await (await fetch(url)).text()
    const body = new URLSearchParams({ page: /name="page" value="([^"]+)"/.exec(page)[1], user_id: 'user_ada' })
    const answer = await fetch(new URL('/oauth/authorize', url), { method: 'POST', body, redirect: 'manual' })
    this.code = new URL(answer.headers.get('location')).searchParams.get('code')
  }
}

/** Does it; where that needs the user, asks the user and does it again. */
async function authorized(provider, act) {
  const attempt = async () => {
    const client = new Client({ name: 'example', version: '1.0.0' })
    const transport = new StreamableHTTPClientTransport(new URL(resource), { authProvider: provider })
    try {
      await client.connect(transport)
      return await act(client)
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error
      await transport.finishAuth(provider.code)
      return undefined
    } finally {
      await client.close()
    }
  }
  return (await attempt()) ?? (await attempt())
}

const call = (name, args) => (client) => client.callTool({ name, arguments: args })

test('a client finds the authorization server by the refusal, is authorized, and calls a tool', async () => {
  const provider = new Provider()
  const result = await authorized(provider, (client) => client.listTools())
  assert.deepEqual(result.tools.map(({ name }) => name).sort(), ['read_notes', 'write_note'])
  assert.match(provider.client.client_id, /^client_/)
  assert.equal(provider.saved.scope.includes('notes:write'), false, 'it has asked for what the refusal named')
  const read = await authorized(provider, call('read_notes', {}))
  assert.equal(read.content[0].text, '')
})

test('a tool that needs another scope: the client asks the user for it, and goes on', async () => {
  const provider = new Provider()
  await authorized(provider, (client) => client.listTools())
  const written = await authorized(provider, call('write_note', { note: 'milk' }))
  assert.equal(written.content[0].text, 'written')
  assert.equal(provider.scopes.length, 2)
  assert.match(provider.scopes[1], /notes:read notes:write/)
  const read = await authorized(provider, call('read_notes', {}))
  assert.equal(read.content[0].text, 'milk (user_ada)')
})

test('a token for another resource opens nothing', async () => {
  const oauth = { userId: 'user_ada', scopes: ['notes:read', 'notes:write'], format: 'jwt' }
  const status = async (audience) => {
    const token = clerk.machineTokens.createOAuthToken({ ...oauth, ...(audience && { audience }) })
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json, text/event-stream' }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
    const answer = await fetch(resource, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body
    })
    await answer.text()
    return answer.status
  }
  assert.equal(await status(resource), 200)
  assert.equal(await status('http://127.0.0.1/mcp'), 401)
  assert.equal(await status(undefined), 401)
})
