import { Agent, request } from 'node:http'

export interface Answer {
  /** 0: the connection broke. */
  readonly status: number
  readonly body: string
}

/** Clients of one server, at most `maxSockets` at a time. */
export interface Clients {
  /** Number of sockets opened so far. */
  readonly sockets: number
  get(path: string, headers: Record<string, string>): Promise<Answer>
  post(path: string, headers: Record<string, string>): Promise<Answer>
  close(): void
}

export function createClients(port: number, maxSockets: number): Clients {
  const agent = new Agent({ keepAlive: true, maxSockets })
  const seen = new WeakSet<object>()
  let sockets = 0

  function send(method: string, path: string, headers: Record<string, string>): Promise<Answer> {
    return new Promise((resolve) => {
      const outgoing = request({ agent, method, port, host: '127.0.0.1', path, headers }, (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          body += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
        response.on('error', () => resolve({ status: 0, body }))
      })
      outgoing.on('socket', (socket) => {
        if (seen.has(socket)) return
        seen.add(socket)
        sockets++
      })
      outgoing.on('error', () => resolve({ status: 0, body: '' }))
      outgoing.end()
    })
  }

  return {
    get sockets() {
      return sockets
    },
    get: (path, headers) => send('GET', path, headers),
    post: (path, headers) => send('POST', path, headers),
    close: () => agent.destroy()
  }
}
