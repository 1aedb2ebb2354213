/** The methods of a pino logger that are used. `fastify.log` has them. */
export interface Logger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  debug(fields: object, message: string): void
}

export const silentLogger: Logger = Object.freeze({
  info() {},
  warn() {},
  error() {},
  debug() {}
})
