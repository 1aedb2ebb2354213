import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './certificate.js'

export interface Listener {
  readonly port: number
  close(): Promise<void>
}

type Handle = (request: Request) => Promise<Response>

/**
 * Serves the instance on 127.0.0.1, never on another address: whoever reaches it can sign in as anybody. With a
 * certificate by TLS.
 */
export async function listenOnLoopback(
  handle: Handle,
  port: number,
  tls: Certificate | null,
  now: () => number
): Promise<Listener> {
  const scheme = tls === null ? 'http' : 'https'
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // Clients tell the clock of Clerk by it.
    outgoing.setHeader('date', new Date(now()).toUTCString())
    serve(handle, scheme, incoming, outgoing).catch(() => outgoing.destroy())
  }
  const server = tls === null ? createServer(onRequest) : createTlsServer({ key: tls.key, cert: tls.cert }, onRequest)
  await listening(server, port)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

async function serve(
  handle: Handle,
  scheme: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse
): Promise<void> {
  const abort = new AbortController()
  outgoing.on('close', () => abort.abort())
  const response = await handle(await toRequest(scheme, incoming, abort.signal))

  outgoing.statusCode = response.status
  for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies)
  if (response.body === null) return void outgoing.end()
  // A body that breaks off throws here, and the caller destroys the socket, as a broken connection ends.
  for await (const chunk of response.body) await new Promise((sent) => outgoing.write(chunk, sent))
  outgoing.end()
}

/** What the instance keeps of a body, such as a name, can keep all of it in memory. */
const maxBodyBytes = 64 * 1024

async function toRequest(scheme: string, incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const method = incoming.method ?? 'GET'
  const headers = new Headers()
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] ?? '', incoming.rawHeaders[index + 1] ?? '')
  }
  const url = new URL(`${scheme}://${incoming.headers.host ?? '127.0.0.1'}`)
  const [pathname, search] = splitTarget(incoming.url ?? '/')
  url.pathname = pathname
  url.search = search
  const body = await readBody(incoming)
  return new Request(url, { method, headers, signal, body: body.length > 0 ? new Uint8Array(body) : null })
}

function splitTarget(target: string): [pathname: string, search: string] {
  const query = target.indexOf('?')
  return query === -1 ? [target, ''] : [target.slice(0, query), target.slice(query)]
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) throw new RangeError('request body too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
