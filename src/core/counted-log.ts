import type { FieldsWithHelp, Logger } from './logger.js'
import { type SetTimer, setUnrefTimer } from './timers.js'

/** How long a line is only counted after it was logged. */
export const COUNT_FOR_MS = 60_000

type Level = keyof Logger

interface Counted {
  repeated: number
  fields: object
}

/**
 * A logger for lines that requests can cause, so that no number of requests fills the log: a message is logged at once,
 * then counted for a minute, and logged again with the count as `repeated` and the fields of the last time. Messages
 * must be constants, as they are what is counted by. Time is that of timers alone: a wall clock that stands still or is
 * set back hides nothing.
 *
 * There is one for each logger: instances that come and go behind a resolver count together.
 */
export function countRepeats(logger: Logger): Logger {
  let counted = countedLoggers.get(logger)
  if (counted === undefined) {
    counted = createCountedLogger(logger, setUnrefTimer)
    countedLoggers.set(logger, counted)
    countedLoggers.set(counted, counted)
  }
  return counted
}

const countedLoggers = new WeakMap<Logger, Logger>()

export function createCountedLogger(logger: Logger, setTimer: SetTimer): Logger {
  const counting = new Map<string, Counted>()

  function log(level: Level, fields: object, message: string): void {
    const name = `${level} ${message}`
    const before = counting.get(name)
    if (before !== undefined) {
      before.repeated++
      before.fields = fields
      return
    }
    const counted: Counted = { repeated: 0, fields }
    counting.set(name, counted)
    write(level, fields, message)
    countOn()

    function countOn(): void {
      setTimer(tell, COUNT_FOR_MS)
    }

    function tell(): void {
      if (counted.repeated === 0) {
        counting.delete(name)
        return
      }
      write(level, { ...counted.fields, repeated: counted.repeated }, message)
      counted.repeated = 0
      countOn()
    }
  }

  /** Fields come as the methods below have demanded them. */
  function write(level: Level, fields: object, message: string): void {
    logger[level](fields as FieldsWithHelp, message)
  }

  return {
    info: (fields, message) => log('info', fields, message),
    warn: (fields, message) => log('warn', fields, message),
    error: (fields, message) => log('error', fields, message),
    debug: (fields, message) => log('debug', fields, message)
  }
}
