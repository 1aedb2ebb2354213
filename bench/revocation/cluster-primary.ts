// A primary of node:cluster: starts workers and sends their ports to its parent.
import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import { relayRevocations } from '../../src/revocation/index.js'

const count = Number(process.argv[2])
const ports: number[] = []

relayRevocations()
cluster.setupPrimary({
  exec: fileURLToPath(new URL('following-server.js', import.meta.url)),
  args: []
})
cluster.on('message', (_worker, message: { readonly port?: number }) => {
  if (message.port === undefined) return
  ports.push(message.port)
  if (ports.length === count) process.send?.(ports)
})
for (let i = 0; i < count; i++) cluster.fork()
process.on('disconnect', () => process.exit())
