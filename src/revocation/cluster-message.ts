import type { Revocation } from '../core/revocation/revocation.js'
import { parseRevocation, serializeRevocation } from '../core/revocation/wire-format.js'

/** A message between a worker of `node:cluster` and its primary. */
export interface ClusterMessage {
  readonly clerkRevocationBus: string
  /** `relaying`: the primary has begun to listen, and has heard nothing that was sent before. */
  readonly type: 'load' | 'loaded' | 'revoked' | 'beat' | 'relaying'
  readonly revocations: readonly (readonly unknown[])[]
  /** For how long the worker needs a revocation, in ms. Earlier versions do not say. */
  readonly retentionMs?: number
  /** Of `loaded`: the primary returns each `beat`. Earlier versions do not. */
  readonly returnsBeats?: true
  /** Of `beat`: whose it is. */
  readonly beat?: string
}

export type MessageRest = Omit<ClusterMessage, 'clerkRevocationBus' | 'type' | 'revocations'>

/** Name of a bus for which the application gives no name. */
export const DEFAULT_CLUSTER_BUS = 'fastify-clerk-auth'

export function composeMessage(
  name: string,
  type: ClusterMessage['type'],
  revocations: readonly Revocation[],
  rest: MessageRest = {}
): ClusterMessage {
  return { clerkRevocationBus: name, type, revocations: revocations.map(serializeRevocation), ...rest }
}

export function parseMessage(value: unknown, name: string): ClusterMessage | null {
  const message = value as ClusterMessage | null
  if (typeof message !== 'object' || message === null || message.clerkRevocationBus !== name) return null
  return Array.isArray(message.revocations) ? message : null
}

export function revocationsOf(message: ClusterMessage): Revocation[] {
  return message.revocations.map((row) => parseRevocation(row)).filter((revocation) => revocation !== null)
}

/** How many revocations go into one message. */
const MESSAGE_ENTRIES = 1_000

export function* inMessages(revocations: Iterable<Revocation>): Generator<Revocation[]> {
  let batch: Revocation[] = []
  for (const revocation of revocations) {
    batch.push(revocation)
    if (batch.length < MESSAGE_ENTRIES) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
