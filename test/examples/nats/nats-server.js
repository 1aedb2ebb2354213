import { spawn, spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectSocket, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export const isInstalled = spawnSync('nats-server', ['--version']).status === 0

/** A real server with JetStream, on a free port and in a folder of its own. */
export async function createServerOfNats() {
  const folder = mkdtempSync(join(tmpdir(), 'nats-'))
  const port = await freePort()
  let server = null

  return {
    port,
    async start(more = []) {
      const args = ['-js', '-sd', folder, '-a', '127.0.0.1', '-p', String(port), ...more]
      server = spawn('nats-server', args, { stdio: 'ignore' })
      while (!(await isListening(port))) await delay(10)
    },
    async stop() {
      const stopping = server
      server = null
      stopping?.kill('SIGKILL')
      if (stopping !== null) await once(stopping, 'exit')
    },
    forget: () => rmSync(folder, { recursive: true, force: true })
  }
}

/** A way to that server which can be cut. */
export async function createWay(toPort) {
  const sockets = new Set()
  let isCut = false
  const server = createServer((client) => {
    if (isCut) return client.destroy()
    const target = connectSocket(toPort, '127.0.0.1')
    for (const [one, other] of [
      [client, target],
      [target, client]
    ]) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => other.destroy())
      one.pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  function cut() {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }
  function mend() {
    isCut = false
  }
  function close() {
    cut()
    server.close()
  }
  return { port: server.address().port, cut, mend, close }
}

/** Below the ports that a system gives by itself: such a port may be given to somebody else while the server is away. */
async function freePort() {
  for (;;) {
    const port = randomInt(10_000, 32_768)
    if (!(await isListening(port))) return port
  }
}

function isListening(port) {
  return new Promise((resolve) => {
    const socket = connectSocket(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
