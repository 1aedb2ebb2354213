import { logLine, type MisdirectedToken } from '../log-lines.js'
import type { Logger } from '../logger.js'
import { createCountMany } from './many.js'

/**
 * Warns of many such refusals in a short time. Anybody can cause them, so there is a line in ten minutes at most, and the log
 * alone is told: a client in production learns nothing of it.
 */
export function createMisdirectedCount(log: Logger, now: () => number): (kind: MisdirectedToken) => void {
  const countMany = createCountMany<MisdirectedToken>()
  return (kind) => {
    const count = countMany(kind, now())
    if (count > 0) logLine(log, kind, { count })
  }
}
