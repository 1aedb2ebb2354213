interface ParsedAgent {
  readonly browser: {
    readonly name: string
    readonly version: string | null
  } | null
  readonly os: {
    readonly name: string
    readonly version: string | null
  } | null
  readonly kind: string | null
}
type AgentParser = (userAgent: string, hints: Readonly<Record<string, string>> | null) => ParsedAgent
interface AuditDevice {
  readonly sessionId: string | null
  readonly address: string | null
  readonly userAgent: string | null
  readonly hints: Readonly<Record<string, string>> | null
  readonly browser: ParsedAgent['browser']
  readonly os: ParsedAgent['os']
  readonly kind: string | null
}
interface AuditToken {
  readonly type: string
  readonly id: string | null
  readonly name: string | null
  readonly subject: string | null
  readonly machineId: string | null
  readonly clientId: string | null
}
interface AuditRecord {
  readonly level: 30
  readonly msg: 'audit'
  readonly time: number
  readonly writer: string
  readonly seq: number
  readonly requestId: string
  readonly decision: 'allowed' | 'refused' | 'redirected'
  readonly reason: string | null
  readonly method: string
  readonly route: string | null
  readonly status: number
  readonly durationMs: number
  readonly aborted: boolean
  readonly userId: string | null
  readonly orgId: string | null
  readonly actorId: string | null
  readonly token: AuditToken | null
  readonly device: AuditDevice
  readonly action: string | null
  readonly target: string | null
  readonly details: unknown
}
interface AuditNote {
  readonly action?: string | undefined
  readonly target?: string | undefined
  readonly reason?: string | undefined
  readonly [detail: string]: unknown
}
interface AuditSink {
  readonly name: string
  open(): Promise<void>
  write(lines: readonly string[]): Promise<void>
  writeBytes?(bytes: Uint8Array): Promise<void>
  writeSync?(bytes: Uint8Array): void
  lastLine?(): Promise<string | null>
  newestOfOthers?(writer: string): Promise<readonly string[]>
  close(): Promise<void>
}
interface AuditHealth {
  readonly sink: string
  readonly ok: boolean
  readonly queued: number
  readonly accepted: number
  readonly written: number
  readonly dropped: number
  readonly lost: number
  readonly waiting: number
  readonly turnedAway: number
  readonly lastError: string | null
}
export type { AgentParser, AuditDevice, AuditHealth, AuditNote, AuditRecord, AuditSink, AuditToken, ParsedAgent }
