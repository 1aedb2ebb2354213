import { helpOfLine, LOG_LINES, logLine } from './log-lines.js'
import type { Logger } from './logger.js'

const told = new Set<string>()

/**
 * Warns of a legal setting that may be a mistake. In the log, and as a warning of the process, because `Fastify()` without
 * options has no log: there the line would be lost. `detail` says where the line applies; the process is given both once.
 */
export function warnOfRisk(logger: Logger, option: string, line: keyof typeof LOG_LINES, detail?: string): void {
  logLine(logger, line, { code: CODE, option, ...(detail !== undefined && { detail }) })
  const text = `${line}\n${detail}`
  if (told.has(text)) return
  told.add(text)
  const help = `See ${helpOfLine(line)}`
  process.emitWarning(LOG_LINES[line].text, {
    type: 'ClerkAuthWarning',
    code: CODE,
    detail: detail === undefined ? help : `${detail}\n${help}`
  })
}

const CODE = 'FST_CLERK_OPTION_RISK'
