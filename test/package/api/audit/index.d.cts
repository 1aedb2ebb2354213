import { AuditSink, AgentParser, AuditNote, AuditHealth } from '../shared/audit-types.cjs'
export { AuditDevice, AuditRecord, AuditToken, ParsedAgent } from '../shared/audit-types.cjs'
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
export {
  AgentParser,
  AuditHealth,
  AuditNote,
  AuditSink,
  audit,
  auditTableSql,
  audit as default,
  fileSink,
  pinoSink,
  postgresSink,
  verifyChain
}
export type {
  AddressRule,
  AuditLog,
  AuditOptions,
  BrokenRecord,
  ChainReport,
  FileSinkOptions,
  LogFile,
  PinoStream,
  PostgresSinkOptions,
  Queryable,
  RedactOptions,
  WriterEnd
}
