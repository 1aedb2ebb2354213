import type { BusAwayCause } from '../core/revocation/bus.js'

/** A revocation as an engine stores it. A later one for the same target takes its place. */
export interface StoredRevocation {
  /** Names the target: at most some 3200 characters of JSON, all of them ASCII. */
  readonly target: string
  /** Milliseconds since the epoch. */
  readonly atMs: number
}

/** What an engine tells the link about the connections of one `connect()`; nothing more once they are given up. */
export interface BusEngineListener {
  /** A message of the channel, or one of `beat`. */
  onMessage(message: string): void
  /** A connection closed: messages may have been lost since. */
  onLost(error: unknown): void
}

/**
 * What carries revocations between machines, reduced to what the link needs: a store for processes that start or come
 * back later, and a channel that reaches the processes which listen. The link has all the rules: an engine does not log,
 * retry a call, or reconnect by itself. A method that fails rejects, within the timeout of the engine: the link then takes
 * the bus for away, gives the connections up, and connects anew.
 */
export interface BusEngine {
  /** Longest message that `share` can publish, in UTF-8 bytes. */
  readonly maxMessageBytes: number
  /**
   * Opens new connections and subscribes. Resolves when every message published from now on will arrive. Rejects, also when
   * `disconnect` is called meanwhile.
   */
  connect(listener: BusEngineListener): Promise<void>
  /** The whole store in batches. A revocation that is there throughout is given at least once. */
  load(): AsyncIterable<readonly StoredRevocation[]>
  /**
   * Stores revocations, then publishes the messages, never the other way round: a process that subscribes in between
   * finds the revocations in the store. A stored later moment of the same target stays.
   */
  share(revocations: readonly StoredRevocation[], messages: readonly string[], retentionMs: number): Promise<void>
  /**
   * Publishes a message that this process has to hear; whether others hear it does not matter. Rejects where revocations
   * could not be stored, for instance on a replica.
   */
  beat(message: string): Promise<void>
  /** Whether the store has that target with this moment or a later one. */
  holds(revocation: StoredRevocation): Promise<boolean>
  /** Removes what was revoked before that moment. */
  trim(beforeMs: number): Promise<void>
  /** Gives up the connections, also those that are being opened. Calls that wait for them may fail at once. */
  disconnect(): void
  /** The word for an error of this engine. */
  causeOf(error: unknown): BusAwayCause
}
