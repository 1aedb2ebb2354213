import cluster from 'node:cluster'
import { randomUUID } from 'node:crypto'
import { isOurs, MESSAGE_TYPE, type PrimaryMessage, type WorkerMessage } from './cluster-messages.js'
import { failed, type KeySource, type SourceAnswer, type SourceRequest } from './source.js'

/** The way to the primary and back. */
export interface ClusterChannel {
  /** False when the primary cannot be reached. */
  send(message: WorkerMessage): boolean
  onMessage(listener: (message: unknown) => void): void
}

/** Set by `shareKeySets()` in the primary and inherited by its workers: tells a worker that its primary answers. */
export const SHARES_VARIABLE = 'FASTIFY_CLERK_AUTH_SHARES_KEY_SETS'

/**
 * In a worker whose primary shares key sets, a source that asks the primary first; in any other process, `source`
 * itself.
 */
export function shareWithinCluster(source: KeySource): KeySource {
  if (!cluster.isWorker || process.env[SHARES_VARIABLE] !== '1' || process.send === undefined) return source
  return createClusterSource(source, processExchange)
}

const processChannel: ClusterChannel = {
  send(message) {
    if (!process.connected || process.send === undefined) return false
    process.send(message, undefined, undefined, () => {})
    return true
  },
  onMessage(listener) {
    process.on('message', listener)
  }
}

/** Questions to the primary, and its answers. */
export interface ClusterExchange {
  send(message: WorkerMessage): boolean
  /** Null when the primary cannot be reached, so that this worker fetches for itself, or when the signal has fired. */
  ask(source: string, request: SourceRequest): Promise<PrimaryMessage | null>
}

/**
 * One for all sources of a copy of this module. A process may hold several copies (ES module and CommonJS, two versions), and
 * each hears the answers to all: a question has a random name, or a tenant would get the keys of another. The exchange listens
 * from its first question on, once, however many sources come and go.
 */
export function createClusterExchange(channel: ClusterChannel): ClusterExchange {
  const asked = new Map<PrimaryMessage['id'], (message: PrimaryMessage) => void>()
  const prefix = randomUUID()
  let questions = 0
  let isListening = false

  function listen(): void {
    if (isListening) return
    isListening = true
    channel.onMessage((message) => {
      if (!isOurs(message)) return
      const reply = message as PrimaryMessage
      const hear = asked.get(reply.id)
      if (hear !== undefined) hear(reply)
      else if (reply.op === 'fetch') returnTurn(reply)
    })
  }

  /** The turn came after its worker had given up: all others would wait for a fetch that nobody makes. */
  function returnTurn({ id, source }: PrimaryMessage): void {
    if (source === undefined || !String(id).startsWith(`${prefix}:`)) return
    channel.send({ type: MESSAGE_TYPE, op: 'landed', source, answer: failed('timeout') })
  }

  return {
    send: channel.send,
    ask(source, { signal, newerThanMs }) {
      listen()
      const id = `${prefix}:${++questions}`
      return new Promise((resolve) => {
        const settle = (message: PrimaryMessage | null) => {
          asked.delete(id)
          signal.removeEventListener('abort', giveUp)
          resolve(message)
        }
        const giveUp = () => settle(null)
        asked.set(id, (reply) => {
          if (reply.source === undefined || reply.source === source) settle(reply)
        })
        signal.addEventListener('abort', giveUp)
        if (!channel.send({ type: MESSAGE_TYPE, op: 'ask', id, source, newerThanMs })) settle(null)
      })
    }
  }
}

const processExchange = createClusterExchange(processChannel)

/** Fetches when the primary gives this worker the turn, and otherwise takes the answer that another worker got. */
export function createClusterSource(source: KeySource, exchange: ClusterExchange): KeySource {
  async function fetchForAll(request: SourceRequest): Promise<SourceAnswer> {
    let isOver = false
    const land = (answer: SourceAnswer) => {
      if (!isOver) exchange.send({ type: MESSAGE_TYPE, op: 'landed', source: source.id, answer })
      isOver = true
    }
    // When this worker gives up, the others are told at once, or they would wait until their own deadlines.
    const giveUp = () => land(failed('timeout'))
    request.signal.addEventListener('abort', giveUp)
    const answer = await source.fetch(request)
    request.signal.removeEventListener('abort', giveUp)
    land(answer)
    return answer
  }

  return {
    kind: source.kind,
    id: source.id,
    async fetch(request) {
      const reply = await exchange.ask(source.id, request)
      if (request.signal.aborted) return failed('timeout')
      if (reply === null) return source.fetch(request)
      return reply.op === 'answer' ? reply.answer : fetchForAll(request)
    }
  }
}
