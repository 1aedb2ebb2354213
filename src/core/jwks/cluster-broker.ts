import { MESSAGE_TYPE, type PrimaryMessage, type WorkerMessage } from './cluster-messages.js'
import type { FailureAnswer, KeySetAnswer, SourceAnswer } from './source.js'

/** Decides which worker fetches, and hands what it got to the others. Fetches nothing and knows no secret. */
export interface ClusterBroker {
  receive(workerId: number, message: WorkerMessage): void
  /** The worker is gone: whoever waited for it must not. */
  left(workerId: number): void
}

interface Shared {
  set: KeySetAnswer | null
  turn: { readonly workerId: number; readonly sinceMs: number } | null
  waiting: { readonly workerId: number; readonly id: number }[]
}

/** A worker that got its turn answers within its own deadline, 60 s at most. */
const MAX_TURN_MS = 65_000
/** One per instance and endpoint; more are not meant. */
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
      shared = { set: null, turn: null, waiting: [] }
      sources.set(source, shared)
    }
    return shared
  }

  function giveTurn(shared: Shared, workerId: number, id: number): void {
    shared.turn = { workerId, sinceMs: now() }
    reply(workerId, { type: MESSAGE_TYPE, op: 'fetch', id })
  }

  function answerAll(shared: Shared, answer: KeySetAnswer | FailureAnswer): void {
    for (const { workerId, id } of shared.waiting) reply(workerId, { type: MESSAGE_TYPE, op: 'answer', id, answer })
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
      // Not known here, then it is of no use to the others: one of them asks without an entity tag.
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
        reply(workerId, { type: MESSAGE_TYPE, op: 'answer', id, answer: shared.set })
      } else if (shared.turn === null || now() - shared.turn.sinceMs > MAX_TURN_MS) {
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
