import cluster from 'node:cluster'
import { isOurs, MESSAGE_TYPE, type PrimaryMessage, type WorkerMessage } from './cluster-messages.js'
import { failed, type KeySource, type SourceAnswer, type SourceRequest } from './source.js'

/** The way to the primary and back. */
export interface ClusterChannel {
  /** False: the primary cannot be reached any more. */
  send(message: WorkerMessage): boolean
  onMessage(listener: (message: unknown) => void): void
}

/** Set by `shareKeySets()` in the primary, inherited by the workers it forks: only then is there anybody to ask. */
export const SHARES_VARIABLE = 'FASTIFY_CLERK_AUTH_SHARES_KEY_SETS'

/** In a worker whose primary shares key sets: the source that asks there first; any other process: the source itself. */
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

/** Fetches when the primary says that it is this worker's turn, and otherwise gets what another worker has fetched. */
export function createClusterSource(source: KeySource, channel: ClusterChannel): KeySource {
  const asked = new Map<number, (message: PrimaryMessage) => void>()
  let lastId = 0

  channel.onMessage((message) => {
    if (!isOurs(message)) return
    const reply = message as PrimaryMessage
    asked.get(reply.id)?.(reply)
  })

  /** Null: nobody answers, this process is on its own. */
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
    // The others must not wait for an answer that this worker has given up.
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
