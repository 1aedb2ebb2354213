import { logLine } from './log-lines.js'
import type { Logger } from './logger.js'
import type { Stats } from './stats.js'

/** Counts the tokens that a report-only rule would have refused; logs the first of each rule. */
export function createReporter(logger: Logger, counters: Stats): (rule: 'issuer' | 'authorizedParties') => void {
  const said = new Set<string>()
  return (rule) => {
    if (rule === 'issuer') counters.reportedIssuers++
    else counters.reportedAuthorizedParties++
    if (said.has(rule)) return
    said.add(rule)
    logLine(logger, 'report-only-accepted', { rule })
  }
}
