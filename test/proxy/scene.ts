import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t from 'tap'
import clerkAuth, { type ClerkAuthOptions } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { type FrontendApiProxyOptions, frontendApiProxy } from '../../src/proxy/index.js'

export const clerk = await createLocalClerk()
t.teardown(() => clerk.close())

/** A request as FAPI received it. */
export interface Received {
  readonly method: string
  readonly url: string
  /** Names in lower case, every occurrence. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

export interface Upstream {
  readonly url: string
  /** All requests so far, those without an end included. */
  readonly received: Received[]
  /** Requests whose head has arrived. */
  count: number
  answer: RequestListener
}

/** A server in FAPI's place that records what reaches it. */
export async function startUpstream(): Promise<Upstream> {
  const upstream = { url: '', received: [] as Received[], count: 0, answer: answerPlainly as RequestListener }
  const server = createServer(async (request, response) => {
    upstream.count++
    upstream.answer(request, response)
    const { method = '', url = '', rawHeaders } = request
    const body = await text(request).catch(() => '(broken off)')
    const headers = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1] ?? ''] as const] : []
    )
    upstream.received.push({ method, url, headers, body })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  upstream.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return upstream
}

function answerPlainly(request: IncomingMessage, response: ServerResponse): void {
  const answer = () => response.setHeader('content-type', 'application/json').end('{"response":null}')
  request.on('end', answer).on('error', () => {})
}

export interface ProxyScene {
  readonly upstream: Upstream
  readonly app: FastifyInstance
  readonly port: number
}

export interface ProxySceneOptions {
  readonly server?: FastifyServerOptions
  readonly plugin?: ClerkAuthOptions
  readonly proxy?: FrontendApiProxyOptions & { readonly prefix?: string }
  readonly routes?: (app: FastifyInstance) => void
}

/** An application with the plugin and the proxy, in front of a recording upstream. */
export async function startProxy(options: ProxySceneOptions = {}): Promise<ProxyScene> {
  const upstream = await startUpstream()
  const app = Fastify(options.server)
  await app.register(clerkAuth, { ...clerk.pluginOptions(), ...options.plugin })
  await app.register(frontendApiProxy, { fapiUrl: upstream.url, ...options.proxy })
  app.get('/', { config: { clerk: { public: true } } }, ({ auth }) => auth.userId ?? 'nobody')
  options.routes?.(app)
  t.teardown(() => app.close())
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  return { upstream, app, port: Number(port) }
}

export interface Answer {
  readonly status: number
  readonly head: string
  readonly body: string
  /** Everything that came. */
  readonly raw: string
}

/** The first final response in `raw`. */
export function parseAnswer(raw: string): Answer {
  const final = raw.replace(/^(HTTP\/1\.1 1\d\d [^\r]*\r\n(?:[^\r]+\r\n)*\r\n)+/, '')
  const end = final.indexOf('\r\n\r\n')
  const head = end === -1 ? final : final.slice(0, end)
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
    head,
    body: end === -1 ? '' : final.slice(end + 4),
    raw
  }
}

/** Sends bytes as they are, and resolves when the server has closed the connection. */
export async function sendRaw(port: number, ...parts: readonly string[]): Promise<Answer> {
  const socket = connect(port, '127.0.0.1')
  let raw = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    raw += chunk
  })
  socket.on('error', () => {})
  for (const part of parts) socket.write(part, 'latin1')
  await new Promise((resolve) => socket.once('close', resolve))
  return parseAnswer(raw)
}

/** Lines of a request that ends its connection. */
export function requestText(method: string, target: string, headers: readonly string[] = [], body = ''): string {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: app.example.com', 'Connection: close', ...headers]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
