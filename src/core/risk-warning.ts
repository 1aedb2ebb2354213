import type { Logger } from './logger.js'

const told = new Set<string>()

/**
 * Warns of a legal setting that may be a mistake. In the log, and as a warning of the process, because `Fastify()` without
 * options has no log: there the line would be lost. `message` is constant; each is given once to the process.
 */
export function warnOfRisk(logger: Logger, option: string, message: string): void {
  logger.warn({ code: CODE, option }, message)
  if (told.has(message)) return
  told.add(message)
  process.emitWarning(message, { type: 'ClerkAuthWarning', code: CODE })
}

const CODE = 'FST_CLERK_OPTION_RISK'
