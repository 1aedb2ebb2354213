import type { FailureAnswer, KeySetAnswer, SourceAnswer } from './source.js'

// Messages between the workers of a node:cluster and their primary, which are processes of one application. A key set
// from a message is validated like a fetched one; `isOurs` only tells these messages from those of other packages.

export const MESSAGE_TYPE = 'fastify-clerk-auth:jwks'

export type WorkerMessage =
  | {
      readonly type: typeof MESSAGE_TYPE
      readonly op: 'ask'
      /** Unlike any other question of the process, which may hold several copies of this module. A number before 0.2. */
      readonly id: string | number
      readonly source: string
      readonly newerThanMs: number
    }
  | {
      readonly type: typeof MESSAGE_TYPE
      readonly op: 'landed'
      readonly source: string
      readonly answer: SourceAnswer
    }

/**
 * `fetch`: it is this worker's turn to fetch, and the others wait for it. `answer`: another worker has fetched. A primary before
 * 0.2 repeats the id alone, without the source.
 */
export type PrimaryMessage =
  | {
      readonly type: typeof MESSAGE_TYPE
      readonly op: 'fetch'
      readonly id: string | number
      readonly source?: string
    }
  | {
      readonly type: typeof MESSAGE_TYPE
      readonly op: 'answer'
      readonly id: string | number
      readonly source?: string
      readonly answer: KeySetAnswer | FailureAnswer
    }

export function isOurs(message: unknown): message is { readonly type: typeof MESSAGE_TYPE } {
  return typeof message === 'object' && message !== null && (message as { type?: unknown }).type === MESSAGE_TYPE
}
