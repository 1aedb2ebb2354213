/** A revocation as an engine stores it. A later one for the same target takes its place. */
export interface StoredRevocation {
  /** Names the target: at most some 800 characters of JSON. */
  readonly target: string
  /** Milliseconds since the epoch. */
  readonly atMs: number
}

/** The engine tells the link, from `open` until `close`. */
export interface BusEngineListener {
  /** The connections can be used, at first or again. The link subscribes anew. */
  onReady(): void
  /** A connection closed: messages may have been lost since, and the subscription is gone. May be told more than once. */
  onLost(error: unknown): void
  /** A message of the channel, this process's own included. */
  onMessage(message: string): void
}

/**
 * What carries revocations between machines, reduced to what the link needs: a store for processes that start or come
 * back later, and a channel that reaches the processes which listen. The link has all the rules; an engine decides
 * nothing, and does not retry a call. A method that fails rejects, within the timeout of the engine: the link then takes
 * the bus for away, and begins anew with `subscribe`.
 */
export interface BusEngine {
  /** The word for it in logs and in `health()`. */
  readonly kind: string
  /** Longest message that `share` can publish, in UTF-8 bytes. */
  readonly maxMessageBytes: number
  /** Whether calls can succeed. An engine that connects in `subscribe` is always ready. */
  readonly isReady: boolean
  /** Called once, before all others. An engine that holds connections opens them, and reopens them without end. */
  open(listener: BusEngineListener): void
  /** Resolves when every message published from now on will arrive. Subscribing twice is subscribing once. */
  subscribe(): Promise<void>
  /** The whole store in batches. A revocation that is there throughout is given at least once. */
  load(): AsyncIterable<readonly StoredRevocation[]>
  /**
   * Stores revocations, then publishes the messages, never the other way round: a process that subscribes in between
   * finds the revocations in the store. A stored later moment of the same target stays.
   */
  share(revocations: readonly StoredRevocation[], messages: readonly string[], retentionMs: number): Promise<void>
  /** Publishes a message that this process has to hear; whether others hear it does not matter. */
  beat(message: string): Promise<void>
  /** Removes what was revoked before that moment. */
  trim(beforeMs: number): Promise<void>
  /** Gives the connections up as dead, and connects again. */
  reconnect(): void
  close(): Promise<void>
}
