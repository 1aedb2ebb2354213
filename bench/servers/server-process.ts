import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { converse, release } from '../measure/child.js'
import { onCore } from '../measure/cores.js'
import type { Trust } from '../traffic/material.js'
import type { MemoryUse, ServerCommand, ServerReply, ServerUsage } from './protocol.js'

export interface ServerProcess {
  readonly port: number
  /** Of bare Fastify in the same process; null: there is none. */
  readonly barePort: number | null
  begin(): Promise<void>
  end(): Promise<ServerUsage>
  collectGarbage(): Promise<MemoryUse>
  close(): Promise<void>
}

export interface ServerProcessOptions {
  readonly contender: string
  readonly trust: Trust
  /** Compiled source of another revision, as a `file:` URL; null: that of this working tree. */
  readonly root?: string | null
  /** Where bare Fastify, in the same process, has its route; null: nowhere. Default null. */
  readonly barePath?: string | null
  /** Core that the server runs on alone; null: any. Default null. */
  readonly core?: number | null
  /** Number of processes that share the port. Default 1. */
  readonly processes?: number
  /** Extra arguments for Node, such as `--cpu-prof`. */
  readonly nodeArguments?: readonly string[]
}

const serverFile = fileURLToPath(new URL('server.js', import.meta.url))
const clusterFile = fileURLToPath(new URL('cluster.js', import.meta.url))

/** Forks a server with a contender, and resolves when it listens. */
export async function startServer(options: ServerProcessOptions): Promise<ServerProcess> {
  const { processes = 1, core = null } = options
  const { execPath, before } = onCore(core)
  const child = fork(processes === 1 ? serverFile : clusterFile, [String(processes)], {
    execPath,
    execArgv: [...before, '--expose-gc', ...(options.nodeArguments ?? [])],
    // As a deployed server runs.
    env: { ...process.env, NODE_ENV: 'production', CLERK_TELEMETRY_DISABLED: '1' }
  })
  const { contender, trust, root = null, barePath = null } = options
  const { port, barePort } = await ask(child, { kind: 'start', contender, root, trust, barePath }, 'listening')
  return {
    port,
    barePort,
    async begin() {
      await ask(child, { kind: 'begin' }, 'begun')
    },
    async end() {
      return (await ask(child, { kind: 'end' }, 'ended')).usage
    },
    async collectGarbage() {
      return (await ask(child, { kind: 'collect-garbage' }, 'collected')).memory
    },
    close: () => release(child)
  }
}

async function ask<K extends ServerReply['kind']>(
  child: ChildProcess,
  command: ServerCommand,
  expected: K
): Promise<Extract<ServerReply, { kind: K }>> {
  const reply = await converse<ServerReply>(child, command)
  if (reply.kind === 'failed') throw new Error(reply.message)
  if (reply.kind !== expected) throw new Error(`The server answered ${reply.kind} instead of ${expected}`)
  return reply as Extract<ServerReply, { kind: K }>
}
