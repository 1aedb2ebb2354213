import { isRecent } from '../recent.js'
import { MESSAGE_TYPE, type PrimaryMessage, type WorkerMessage } from './cluster-messages.js'
import type { FailureAnswer, KeySetAnswer, SourceAnswer } from './source.js'

/**
 * Decides which worker fetches, and passes its answer to the others. The broker itself fetches nothing and holds no
 * secret.
 */
export interface ClusterBroker {
  receive(workerId: number, message: WorkerMessage): void
  /** The worker has exited. If it was its turn to fetch, the next waiting worker gets the turn. */
  left(workerId: number): void
}

type QuestionId = PrimaryMessage['id']

interface Shared {
  readonly source: string
  set: KeySetAnswer | null
  turn: { readonly workerId: number; readonly sinceMs: number } | null
  waiting: { readonly workerId: number; readonly id: QuestionId }[]
}

/**
 * A worker answers within its own deadline (`timeoutInMs`), which is 60 s at most; after this time the turn is given
 * away.
 */
const MAX_TURN_MS = 65_000
/** There is one source per instance and endpoint. Beyond this number the oldest is forgotten. */
const MAX_SOURCES = 1000

export function createClusterBroker(
  now: () => number,
  reply: (workerId: number, message: PrimaryMessage) => void
): ClusterBroker {
  const sources = new Map<string, Shared>()

  function find(source: string): Shared {
    let shared = sources.get(source)
    if (shared === undefined) {
      if (sources.size >= MAX_SOURCES) sources.delete(sources.keys().next().value as string)
      shared = { source, set: null, turn: null, waiting: [] }
      sources.set(source, shared)
    }
    return shared
  }

  function giveTurn(shared: Shared, workerId: number, id: QuestionId): void {
    shared.turn = { workerId, sinceMs: now() }
    reply(workerId, { type: MESSAGE_TYPE, op: 'fetch', id, source: shared.source })
  }

  function tell(shared: Shared, workerId: number, id: QuestionId, answer: KeySetAnswer | FailureAnswer): void {
    reply(workerId, { type: MESSAGE_TYPE, op: 'answer', id, source: shared.source, answer })
  }

  function answerAll(shared: Shared, answer: KeySetAnswer | FailureAnswer): void {
    for (const { workerId, id } of shared.waiting) tell(shared, workerId, id, answer)
    shared.waiting = []
  }

  function passTurn(shared: Shared): void {
    shared.turn = null
    const next = shared.waiting.shift()
    if (next !== undefined) giveTurn(shared, next.workerId, next.id)
  }

  function land(shared: Shared, answer: SourceAnswer): void {
    if (answer.kind === 'failure') {
      shared.turn = null
      answerAll(shared, answer)
      return
    }
    if (answer.kind === 'not-modified') {
      // The worker's own set is confirmed, but the broker has no copy to pass on: the next worker, without a tag,
      // fetches.
      if (shared.set === null) {
        passTurn(shared)
        return
      }
      shared.set = { ...shared.set, fetchedAtMs: answer.fetchedAtMs, maxAgeMs: answer.maxAgeMs }
    } else {
      shared.set = answer
    }
    shared.turn = null
    answerAll(shared, shared.set)
  }

  return {
    receive(workerId, message) {
      const shared = find(message.source)
      if (message.op === 'landed') {
        if (shared.turn?.workerId === workerId) land(shared, message.answer)
        return
      }
      const { id } = message
      if (shared.set !== null && shared.set.fetchedAtMs > message.newerThanMs) {
        tell(shared, workerId, id, shared.set)
      } else if (shared.turn === null || !isRecent(shared.turn.sinceMs, MAX_TURN_MS, now())) {
        giveTurn(shared, workerId, id)
      } else {
        shared.waiting.push({ workerId, id })
      }
    },
    left(workerId) {
      for (const shared of sources.values()) {
        shared.waiting = shared.waiting.filter((other) => other.workerId !== workerId)
        if (shared.turn?.workerId === workerId) passTurn(shared)
      }
    }
  }
}
