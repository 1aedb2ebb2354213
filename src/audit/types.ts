export type { AuditRouteOptions, AuditWhen } from '../plugin/audit-route-options.js'

/** Browser, operating system and kind of device, as far as they are recognised; else null. */
export interface ParsedAgent {
  readonly browser: { readonly name: string; readonly version: string | null } | null
  readonly os: { readonly name: string; readonly version: string | null } | null
  /** `desktop`, `mobile`, `tablet`, `tv`, `bot`, or another word of the parser. */
  readonly kind: string | null
}

/**
 * Reads browser, system and kind of device from a user agent and its client hints (header name → value as received).
 */
export type AgentParser = (userAgent: string, hints: Readonly<Record<string, string>> | null) => ParsedAgent

/** The device that sent a request, as far as the request tells. */
export interface AuditDevice {
  /** Clerk's session: one user on one device. */
  readonly sessionId: string | null
  /** Client address by the server's `trustProxy`, truncated or null as the option `address` says. */
  readonly address: string | null
  readonly userAgent: string | null
  /** Client hints (`sec-ch-ua*`) as received. */
  readonly hints: Readonly<Record<string, string>> | null
  readonly browser: ParsedAgent['browser']
  readonly os: ParsedAgent['os']
  readonly kind: string | null
}

/** The token that authenticated a request, by its type and identifiers. The token itself is never recorded. */
export interface AuditToken {
  readonly type: string
  /** Id of a machine token. Null for session tokens: their session is in `device`. */
  readonly id: string | null
  readonly name: string | null
  readonly subject: string | null
  readonly machineId: string | null
  readonly clientId: string | null
}

/**
 * One line of the audit log. `level`, `msg` and `time` come first and have the same meaning as in pino's lines, so that
 * every pino transport understands a record.
 */
export interface AuditRecord {
  readonly level: 30
  readonly msg: 'audit'
  /** When the record was made, after the response: ms since the epoch. */
  readonly time: number
  /** Random name of the log that wrote the record, one for each registration. With `seq` it identifies the record. */
  readonly writer: string
  /** Position among the writer's records, from 0 without gaps. */
  readonly seq: number
  readonly requestId: string
  /**
   * `refused`: 401 or 403, or the 404 of a guard that hides its route. `redirected`: the plugin sent the browser to Clerk or to the sign-in page, or back from
   * there, and the route did not run. `allowed`: everything else was let through, redirects by the application
   * included; `status` says how it ended.
   */
  readonly decision: 'allowed' | 'refused' | 'redirected'
  readonly reason: string | null
  readonly method: string
  /** Route pattern, never the URL: no query string, no parameter values. Null where no route matched. */
  readonly route: string | null
  readonly status: number
  readonly durationMs: number
  /**
   * The client went away before the response ended. `status` is then the one it would have received, 0 if not known.
   */
  readonly aborted: boolean
  readonly userId: string | null
  readonly orgId: string | null
  /** User who impersonated the user (claim `act.sub`). */
  readonly actorId: string | null
  readonly token: AuditToken | null
  readonly device: AuditDevice
  readonly action: string | null
  readonly target: string | null
  readonly details: unknown
}

/** A handler's addition to its request's record: `request.audit({ action: 'invoice.delete', target: invoice.id })`. */
export interface AuditNote {
  readonly action?: string | undefined
  readonly target?: string | undefined
  /** Why, in a word or two. Replaces the reason of the decision. */
  readonly reason?: string | undefined
  /** Any other name with a JSON value, recorded in `details`. This package adds none of its own. */
  readonly [detail: string]: unknown
}

/**
 * A destination of records. It is handed lines, each a whole JSON record: as text, or as the bytes they were written
 * in.
 */
export interface AuditSink {
  readonly name: string
  /** Rejects if the sink cannot be used at all; the server then does not start. */
  open(): Promise<void>
  /**
   * Resolves when the lines are written. If it rejects, the same lines come again: a sink that may have written some of
   * them has to recognise those, by `writer` and `seq`. An error with `retryable: false` means that the sink will never
   * take these lines; with `lostCount`, that many of them, and has written the others.
   */
  write(lines: readonly string[]): Promise<void>
  /**
   * Used instead of `write` where a sink has it, with the same promise: the lines as UTF-8, each with its line break,
   * as they stand in memory. A batch is up to 128 KiB, more where one record is larger; `batchSize` does not divide it.
   * The bytes belong to the log again once this settles: copy them before keeping them.
   */
  writeBytes?(bytes: Uint8Array): Promise<void>
  /** Writes the lines without waiting, for a process that is exiting. */
  writeSync?(bytes: Uint8Array): void
  /** The last line before this process began to write: the chain goes on from it. */
  lastLine?(): Promise<string | null>
  /**
   * For a chain in a log with several writers: the newest line of each writer but this one, among the lines written
   * since the last call. Records of this process cite them, so that their removal shows.
   */
  newestOfOthers?(writer: string): Promise<readonly string[]>
  /** Resolves when all lines are written. */
  close(): Promise<void>
}

/** State of the log for health checks and metrics. Counts are since the start. */
export interface AuditHealth {
  readonly sink: string
  /** False while the sink does not take records, and while dropped records are not yet recorded as missing. */
  readonly ok: boolean
  /** Records accepted and not yet written. */
  readonly queued: number
  readonly accepted: number
  readonly written: number
  /** Records not accepted because the queue was full. */
  readonly dropped: number
  /** Records accepted and then refused by the sink for their content, or left at `close`. The log has an error line. */
  readonly lost: number
  /** Requests held back now because there is no room for their record, and requests turned away for it so far. */
  readonly waiting: number
  readonly turnedAway: number
  readonly lastError: string | null
}
