import type { FailureAnswer, KeySetAnswer, SourceAnswer } from './source.js'

// Between the workers of a node:cluster and their primary. All of them are one application, and what a worker takes over
// is judged like what it fetches; the check here only keeps other people's messages out.

export const MESSAGE_TYPE = 'fastify-clerk-auth:jwks'

export type WorkerMessage =
  | {
      readonly type: typeof MESSAGE_TYPE
      readonly op: 'ask'
      readonly id: number
      readonly source: string
      readonly newerThanMs: number
    }
  | {
      readonly type: typeof MESSAGE_TYPE
      readonly op: 'landed'
      readonly source: string
      readonly answer: SourceAnswer
    }

/** `fetch`: it is up to you, the others wait; `answer`: it has been done. */
export type PrimaryMessage =
  | { readonly type: typeof MESSAGE_TYPE; readonly op: 'fetch'; readonly id: number }
  | {
      readonly type: typeof MESSAGE_TYPE
      readonly op: 'answer'
      readonly id: number
      readonly answer: KeySetAnswer | FailureAnswer
    }

export function isOurs(message: unknown): message is { readonly type: typeof MESSAGE_TYPE } {
  return typeof message === 'object' && message !== null && (message as { type?: unknown }).type === MESSAGE_TYPE
}
