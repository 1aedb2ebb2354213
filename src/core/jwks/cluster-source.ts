import cluster from 'node:cluster'
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
  return createClusterSource(source, processChannel)
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

/** Fetches when the primary gives this worker the turn, and otherwise takes the answer that another worker got. */
export function createClusterSource(source: KeySource, channel: ClusterChannel): KeySource {
  const asked = new Map<number, (message: PrimaryMessage) => void>()
  let lastId = 0

  channel.onMessage((message) => {
    if (!isOurs(message)) return
    const reply = message as PrimaryMessage
    asked.get(reply.id)?.(reply)
  })

  /** Null when the primary cannot be reached, so that this worker fetches for itself, or when the signal has fired. */
  function ask({ signal, newerThanMs }: SourceRequest): Promise<PrimaryMessage | null> {
    const id = ++lastId
    return new Promise((resolve) => {
      const settle = (message: PrimaryMessage | null) => {
        asked.delete(id)
        signal.removeEventListener('abort', giveUp)
        resolve(message)
      }
      const giveUp = () => settle(null)
      asked.set(id, settle)
      signal.addEventListener('abort', giveUp)
      if (!channel.send({ type: MESSAGE_TYPE, op: 'ask', id, source: source.id, newerThanMs })) settle(null)
    })
  }

  async function fetchForAll(request: SourceRequest): Promise<SourceAnswer> {
    let isOver = false
    const land = (answer: SourceAnswer) => {
      if (!isOver) channel.send({ type: MESSAGE_TYPE, op: 'landed', source: source.id, answer })
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
      const reply = await ask(request)
      if (request.signal.aborted) return failed('timeout')
      if (reply === null) return source.fetch(request)
      return reply.op === 'answer' ? reply.answer : fetchForAll(request)
    }
  }
}
