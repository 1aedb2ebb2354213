import t from 'tap'
import { createJournal, type Journal } from '../../src/audit/journal.js'
import type { AuditSink } from '../../src/audit/types.js'
import { silentLogger } from '../../src/core/logger.js'
import { addRecord } from '../fixtures/audit-record.js'
import { createManualClock } from '../fixtures/manual-clock.js'

interface Attempt {
  readonly numbers: readonly number[]
  readonly error?: object
}

/** A sink without `writeBytes`, as an application writes one, whose writes fail as the script says. */
function setUp(script: readonly (object | null)[] = [], sink: Partial<AuditSink> = {}) {
  const clock = createManualClock()
  const attempts: Attempt[] = []
  const journal = createJournal({
    sink: {
      name: 'test',
      open: async () => {},
      close: async () => {},
      async write(lines) {
        const numbers = lines.map((line) => (JSON.parse(line) as { n: number }).n)
        const error = script[attempts.length] ?? null
        attempts.push(error === null ? { numbers } : { numbers, error })
        if (error !== null) throw error
      },
      ...sink
    },
    writer: 'w',
    chain: null,
    flushIntervalInMs: 100,
    batchSize: 3,
    maxQueued: 100,
    whenFull: 'wait',
    maxWaitInMs: 1_000,
    closeTimeoutInMs: 1_000,
    now: clock.now,
    logger: silentLogger,
    setTimer: clock.setTimer
  })
  return { journal, attempts, clock }
}

function addTen(journal: Journal): void {
  for (let n = 0; n < 10; n++) addRecord(journal, `"n":${n}`)
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const parts = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]

t.test('a sink that takes text gets at most batchSize lines at once', async (t) => {
  const { journal, attempts } = setUp()
  addTen(journal)
  await journal.flush()
  t.same(
    attempts.map(({ numbers }) => numbers),
    parts
  )
  t.match(journal.health(), { written: 10, lost: 0, queued: 0 })
})

t.test('lines refused for good keep no later lines of the same batch out, and only they count as lost', async (t) => {
  const { journal, attempts } = setUp([{ retryable: false, lostCount: 1 }, null, { retryable: false }])
  addTen(journal)
  await journal.flush()
  t.same(
    attempts.map(({ numbers }) => numbers),
    parts
  )
  t.match(journal.health(), { written: 6, lost: 4, queued: 0, ok: true })
})

t.test('after a failure the lines that were taken do not come again', async (t) => {
  const { journal, attempts, clock } = setUp([null, null, { code: 'EAWAY' }])
  addTen(journal)
  const flushed = journal.flush()
  await turn()
  t.match(journal.health(), { ok: false, lastError: 'EAWAY', written: 6, queued: 4 })
  clock.advance(100)
  await flushed
  t.same(
    attempts.map(({ numbers }) => numbers),
    [[0, 1, 2], [3, 4, 5], [6, 7, 8], [6, 7, 8], [9]]
  )
  t.match(journal.health(), { ok: true, lastError: null, written: 10, queued: 0 })
})

t.test('an exiting process hands over what the sink has not taken, each record once', async (t) => {
  const left: number[] = []
  const writeSync = (bytes: Uint8Array) => {
    const lines = Buffer.from(bytes).toString().trimEnd().split('\n')
    left.push(...lines.map((line) => (JSON.parse(line) as { n: number }).n))
  }
  const { journal } = setUp([null, null, { code: 'EAWAY' }], { writeSync })
  addTen(journal)
  void journal.flush()
  await turn()
  addRecord(journal, '"n":10')
  journal.closeSync()
  t.same(left, [6, 7, 8, 9, 10])
})

t.test('a close gives up in time, counts the rest as lost, and retries nothing afterwards', async (t) => {
  const away = { code: 'EAWAY' }
  const { journal, attempts, clock } = setUp(Array.from({ length: 100 }, () => away))
  addTen(journal)
  const closed = journal.close()
  await closed
  t.match(journal.health(), { written: 0, lost: 10, queued: 0 })
  const made = attempts.length
  clock.advance(60_000)
  await turn()
  t.equal(attempts.length, made)
})
