import type { HelpAddress } from './help-page.js'

/** Fields of a line that asks for action. */
export interface FieldsWithHelp {
  /** Where the line is explained, with its cure: a place in the package's page of errors, reasons and log lines. */
  readonly help: HelpAddress
  readonly [field: string]: unknown
}

/** The methods of a pino logger that are used. `fastify.log` has them. */
export interface Logger {
  info(fields: object, message: string): void
  warn(fields: FieldsWithHelp, message: string): void
  error(fields: FieldsWithHelp, message: string): void
  debug(fields: object, message: string): void
}

export const silentLogger: Logger = Object.freeze({
  info() {},
  warn() {},
  error() {},
  debug() {}
})
