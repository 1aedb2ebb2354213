import { Logger } from '../index.cjs'
export { AuditRouteOptions, AuditWhen } from '../shared/types.cjs'
import { FastifyInstance } from 'fastify'
interface BrokenRecord {
  readonly file: string
  readonly line: number
  readonly writer: string | null
  readonly seq: number | null
  readonly problem: string
}
interface WriterEnd {
  readonly writer: string
  readonly seq: number
  readonly hash: string
  readonly isClosed: boolean
}
interface ChainReport {
  readonly isIntact: boolean
  readonly records: number
  readonly broken: BrokenRecord | null
  readonly lastHash: string | null
  readonly writers: readonly WriterEnd[]
  readonly notices: readonly string[]
}
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
interface FileSinkOptions {
  readonly path: string
  readonly mode?: number | undefined
  readonly fsync?: boolean | undefined
  readonly rotate?: Readonly<Record<string, unknown>> | undefined
}
declare function fileSink(options: string | FileSinkOptions): AuditSink
type Censor = (value: unknown, path: string) => string | null
type AddressRule = 'full' | 'truncated' | 'none'
interface AuditOptions {
  readonly sink: AuditSink
  readonly flushIntervalInMs?: number | undefined
  readonly batchSize?: number | undefined
  readonly maxQueued?: number | undefined
  readonly whenFull?: 'wait' | 'drop' | undefined
  readonly maxWaitInMs?: number | undefined
  readonly closeTimeoutInMs?: number | undefined
  readonly chain?:
    | boolean
    | {
        readonly key: string
      }
    | undefined
  readonly address?: AddressRule | undefined
  readonly earlyRoutes?: boolean | readonly string[] | undefined
  readonly redact?: readonly string[] | RedactOptions | undefined
  readonly parseAgent?: AgentParser | null | undefined
  readonly now?: (() => number) | undefined
  readonly logger?: Logger | undefined
}
interface RedactOptions {
  readonly paths: readonly string[]
  readonly censor?: Censor | undefined
}
interface PinoStream {
  write(text: string): unknown
}
declare function pinoSink(source: PinoStream | (() => PinoStream | Promise<PinoStream>)): AuditSink
declare module 'fastify' {
  interface FastifyRequest {
    audit(note: AuditNote): void
  }
  interface FastifyInstance {
    readonly auditLog: AuditLog
  }
}
interface AuditLog {
  flush(): Promise<void>
  health(): AuditHealth
}
declare function auditLog(fastify: FastifyInstance, options: AuditOptions): Promise<void>
declare const audit: typeof auditLog
declare function auditTableSql(table?: string): string
interface Queryable {
  query(query: { text: string; values?: unknown[]; query_timeout?: number }): Promise<{
    rows: unknown[]
  }>
}
interface PostgresSinkOptions {
  readonly pool?: Queryable | undefined
  readonly connectionString?: string | undefined
  readonly table?: string | undefined
  readonly createTable?: boolean | undefined
  readonly queryTimeoutInMs?: number | undefined
}
declare function postgresSink(options: PostgresSinkOptions): AuditSink
interface LogFile {
  readonly name: string
  readonly lines: AsyncIterable<string> | Iterable<string>
}
declare function verifyChain(files: Iterable<LogFile>, key?: string | null): Promise<ChainReport>
export { audit, auditTableSql, audit as default, fileSink, pinoSink, postgresSink, verifyChain }
export type {
  AddressRule,
  AgentParser,
  AuditDevice,
  AuditHealth,
  AuditLog,
  AuditNote,
  AuditOptions,
  AuditRecord,
  AuditSink,
  AuditToken,
  BrokenRecord,
  ChainReport,
  FileSinkOptions,
  LogFile,
  ParsedAgent,
  PinoStream,
  PostgresSinkOptions,
  Queryable,
  RedactOptions,
  WriterEnd
}
