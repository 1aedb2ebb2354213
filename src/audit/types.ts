export type { AuditRouteOptions, AuditWhen } from '../plugin/audit-route-options.js'

/** What a browser, operating system or device could be made out to be. Absent parts are null. */
export interface ParsedAgent {
  readonly browser: { readonly name: string; readonly version: string | null } | null
  readonly os: { readonly name: string; readonly version: string | null } | null
  /** `desktop`, `mobile`, `tablet`, `tv`, `bot`, or what the parser says. */
  readonly kind: string | null
}

/** Turns a user agent and its client hints (header name → value as received) into something people recognise. */
export type AgentParser = (userAgent: string, hints: Readonly<Record<string, string>> | null) => ParsedAgent

/** The device a request came from, as far as the request tells. */
export interface AuditDevice {
  /** Clerk's session: one user on one device. */
  readonly sessionId: string | null
  /** Client address by the server's `trustProxy`, truncated or absent as the option `address` says. */
  readonly address: string | null
  readonly userAgent: string | null
  /** Client hints (`sec-ch-ua*`) as received. */
  readonly hints: Readonly<Record<string, string>> | null
  readonly browser: ParsedAgent['browser']
  readonly os: ParsedAgent['os']
  readonly kind: string | null
}

/** The credential a request was authenticated with: never the token itself. */
export interface AuditToken {
  readonly type: string
  /** Identity of a machine token; null for session tokens, whose session is in `device`. */
  readonly id: string | null
  readonly name: string | null
  readonly subject: string | null
  readonly machineId: string | null
  readonly clientId: string | null
}

/**
 * One line of the audit log. `level`, `msg` and `time` come first and mean what they mean in pino's lines, so that every
 * pino transport understands a record.
 */
export interface AuditRecord {
  readonly level: 30
  readonly msg: 'audit'
  /** When the record was made, after the response: ms since the epoch. */
  readonly time: number
  /** The process that wrote it; with `seq` the record's identity. */
  readonly writer: string
  /** Position among the writer's records, from 0 without gaps. */
  readonly seq: number
  readonly requestId: string
  /**
   * `refused`: 401 or 403. `redirected`: the plugin sent the browser to Clerk or to the sign-in page, or back from there, and
   * the route did not run. `allowed`: everything else was let through, redirects by the application included; `status`
   * says how it ended.
   */
  readonly decision: 'allowed' | 'refused' | 'redirected'
  readonly reason: string | null
  readonly method: string
  /** Route pattern, never the URL: no query string, no parameter values. Null where no route matched. */
  readonly route: string | null
  readonly status: number
  readonly durationMs: number
  /** The client went away before the response was out; `status` is what it would have been, 0 when not known. */
  readonly aborted: boolean
  readonly userId: string | null
  readonly orgId: string | null
  /** Who acted as the user (impersonation, claim `act.sub`). */
  readonly actorId: string | null
  readonly token: AuditToken | null
  readonly device: AuditDevice
  readonly action: string | null
  readonly target: string | null
  readonly details: unknown
}

/** What a handler adds to its request's record: `request.audit({ action: 'invoice.delete', target: invoice.id })`. */
export interface AuditNote {
  readonly action?: string | undefined
  readonly target?: string | undefined
  /** Why, in a word or two; overrides what the decision gave. */
  readonly reason?: string | undefined
  /** Anything else JSON can say. What stands here is the application's choice: nothing is added by this package. */
  readonly [detail: string]: unknown
}

/** A destination of records. It is handed lines, each a whole JSON record: as text, or as the bytes they were written in. */
export interface AuditSink {
  readonly name: string
  /** Throws when the sink cannot be used at all; the server then does not start. */
  open(): Promise<void>
  /**
   * Takes over the lines. Rejecting means none of them may count as written: the same lines come again, so a sink that
   * can have taken them all the same has to recognise them (`writer` and `seq`). A rejection with `retryable: false`
   * says that these lines will never be taken.
   */
  write(lines: readonly string[]): Promise<void>
  /**
   * Used instead of `write` where a sink has it, with the same promise: the lines as UTF-8, each with its line break, as
   * they stand in memory. A batch is up to 128 KiB, more where one record is larger; `batchSize` does not divide it. The
   * bytes belong to the log again once this resolves: copy them before keeping them.
   */
  writeBytes?(bytes: Uint8Array): Promise<void>
  /** The same without waiting, for a process that is exiting. */
  writeSync?(bytes: Uint8Array): void
  /** The last line written before this process began: where a chain goes on. */
  lastLine?(): Promise<string | null>
  /**
   * For a chain where several processes write to one log: the newest line of each writer but this one, among the lines
   * that came since the last call. Each is cited by a record of this process, so that none can be removed unseen.
   */
  newestOfOthers?(writer: string): Promise<readonly string[]>
  /** Everything taken over is where it belongs once this resolves. */
  close(): Promise<void>
}

/** State of the log for health checks and metrics. Counts are since the start. */
export interface AuditHealth {
  readonly sink: string
  /** False while the sink does not take records. */
  readonly ok: boolean
  /** Accepted, not yet written. */
  readonly queued: number
  readonly accepted: number
  readonly written: number
  /** Not accepted because the queue was full (`whenFull: 'drop'`). */
  readonly dropped: number
  /** Accepted, but refused by the sink for what is in them, or left at `close`; each has an error line. */
  readonly lost: number
  /** Requests held back now, and ever refused, because there was no room for their record. */
  readonly waiting: number
  readonly turnedAway: number
  readonly lastError: string | null
}
