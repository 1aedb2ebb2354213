// Runs one contender in several processes behind one port (node:cluster). The bench forks it like a single server, and
// it answers the same commands, with the usage of its workers added up.
import cluster, { type Worker } from 'node:cluster'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { ServerCommand, ServerReply, ServerUsage } from './protocol.js'

const count = Number(process.argv[2])
cluster.setupPrimary({ exec: fileURLToPath(new URL('server.js', import.meta.url)) })
const workers = Array.from({ length: count }, () => cluster.fork())
// A message to a worker that does not listen yet is lost; the first message of the worker tells that it listens.
const ready = Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))))

function ask(worker: Worker, command: ServerCommand): Promise<ServerReply> {
  return new Promise((resolve) => {
    worker.once('message', resolve)
    worker.send(command)
  })
}

async function askAll(command: ServerCommand): Promise<ServerReply> {
  await ready
  const replies = await Promise.all(workers.map((worker) => ask(worker, command)))
  const failure = replies.find((reply) => reply.kind === 'failed')
  const usages = replies.flatMap((reply) => (reply.kind === 'ended' ? [reply.usage] : []))
  if (failure !== undefined || usages.length === 0) return failure ?? (replies[0] as ServerReply)
  return {
    kind: 'ended',
    usage: { ...(usages[0] as ServerUsage), cpuMs: usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0) }
  }
}

process.on('message', (command: ServerCommand) => {
  void askAll(command).then((reply) => process.send?.(reply))
})
process.on('disconnect', () => {
  for (const worker of workers) worker.process.kill()
  process.exit(0)
})
