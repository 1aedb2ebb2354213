import type { Logger } from './logger.js'

const told = new Set<string>()

/**
 * Warns of a legal setting that may be a mistake. In the log, and as a warning of the process, because `Fastify()` without
 * options has no log: there the line would be lost. `message` is constant, and `detail` says where it applies; both are given
 * once to the process.
 */
export function warnOfRisk(logger: Logger, option: string, message: string, detail?: string): void {
  logger.warn({ code: CODE, option, ...(detail !== undefined && { detail }) }, message)
  const text = `${message}\n${detail}`
  if (told.has(text)) return
  told.add(text)
  process.emitWarning(message, { type: 'ClerkAuthWarning', code: CODE, ...(detail !== undefined && { detail }) })
}

const CODE = 'FST_CLERK_OPTION_RISK'
