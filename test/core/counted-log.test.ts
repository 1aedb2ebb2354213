import t from 'tap'
import { COUNT_FOR_MS, countRepeats, createCountedLogger } from '../../src/core/counted-log.js'
import { helpAt } from '../../src/core/help-page.js'
import { silentLogger } from '../../src/core/logger.js'
import { createSimulatedTime } from '../fixtures/simulated-time.js'

const help = helpAt('a line')

type Line = [fields: object, message: string]

function scene() {
  const time = createSimulatedTime()
  const lines: Line[] = []
  const log = (fields: object, message: string) => lines.push([fields, message])
  const logger = createCountedLogger({ ...silentLogger, warn: log, error: log }, time.setTimer)
  return { logger, lines, time }
}

t.test('a line that repeats is told at once, then once in a minute with the count', async (t) => {
  const { logger, lines, time } = scene()
  for (let i = 0; i < 10_000; i++) logger.warn({ help, reason: `r${i}` }, 'refused')
  t.same(lines, [[{ help, reason: 'r0' }, 'refused']])

  await time.pass(COUNT_FOR_MS)
  t.same(lines.splice(0), [
    [{ help, reason: 'r0' }, 'refused'],
    [{ help, reason: 'r9999', repeated: 9_999 }, 'refused']
  ])
  logger.warn({ help, reason: 'again' }, 'refused')
  t.same(lines, [], 'counting goes on')
  await time.pass(COUNT_FOR_MS)
  t.same(lines.splice(0), [[{ help, reason: 'again', repeated: 1 }, 'refused']])

  await time.pass(COUNT_FOR_MS)
  t.same(lines, [], 'silence is not told')
  logger.warn({ help, reason: 'later' }, 'refused')
  t.same(lines, [[{ help, reason: 'later' }, 'refused']], 'after a minute without it, it is told at once again')
})

t.test('lines of different messages and levels are counted apart', async (t) => {
  const { logger, lines } = scene()
  for (let i = 0; i < 3; i++) {
    logger.warn({ help }, 'one')
    logger.warn({ help }, 'two')
    logger.error({ help }, 'two')
  }
  t.same(lines, [
    [{ help }, 'one'],
    [{ help }, 'two'],
    [{ help }, 'two']
  ])
})

t.test('a logger is counted once, however many ask for it', async (t) => {
  const lines: Line[] = []
  const logger = { ...silentLogger, warn: (fields: object, message: string) => lines.push([fields, message]) }
  countRepeats(logger).warn({ help, by: 1 }, 'refused')
  countRepeats(logger).warn({ help, by: 2 }, 'refused')
  countRepeats(countRepeats(logger)).warn({ help, by: 3 }, 'refused')
  t.same(lines, [[{ help, by: 1 }, 'refused']])
  countRepeats({ ...logger }).warn({ help, by: 4 }, 'refused')
  t.same(lines.length, 2, 'another logger has a count of its own')
})
