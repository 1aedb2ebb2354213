import { connect, type Socket } from 'node:net'

// A client that sends the given bytes unchanged, valid HTTP or not.

/** Longer than any answer takes on a busy machine: a server that is silent for so long hangs. */
const PATIENCE_MS = 20_000

export interface RawResponse {
  readonly status: number
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly body: string
}

/** Sends the bytes and reads until the server closes the connection. Rejects if it does not close in time. */
export function exchange(port: number, ...chunks: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`the server hangs; so far: ${received.slice(0, 200)}`))
    }, PATIENCE_MS)
    const settle = () => {
      clearTimeout(timer)
      resolve(received)
    }
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      received += chunk
    })
    // A server that has refused a request may reset the connection while the client still sends.
    socket.on('error', () => {})
    socket.on('close', settle)
    for (const chunk of chunks) socket.write(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk)
  })
}

/** Sends the bytes and leaves the connection open. Answers are discarded. */
export function leave(port: number, bytes: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(Buffer.from(bytes, 'latin1'), () => resolve(socket))
    })
    socket.on('error', () => {})
    socket.resume()
  })
}

/** The responses in a connection's bytes, by their `Content-Length`. */
export function parseResponses(text: string): RawResponse[] {
  const responses: RawResponse[] = []
  let rest = text
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) break
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const headers = new Map<string, string[]>()
    for (const line of lines) {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).toLowerCase()
      headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()])
    }
    const length = Number(headers.get('content-length')?.[0] ?? 0)
    const start = end + 4
    responses.push({
      status: Number(statusLine.split(' ')[1]),
      headers,
      body: rest.slice(start, start + length)
    })
    rest = rest.slice(start + length)
  }
  return responses
}

/** A GET as text. Each of `headers` is sent as a line, unchanged. */
export function request(
  target: string,
  headers: readonly string[] = [],
  { method = 'GET', host = 'app.test' } = {}
): string {
  return [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...headers, 'Connection: close', '', ''].join('\r\n')
}
