import t from 'tap'
import { createJournal } from '../../src/audit/journal.js'
import type { AuditSink } from '../../src/audit/types.js'
import { silentLogger } from '../../src/core/logger.js'
import { addRecord } from '../fixtures/audit-record.js'

function manualJournal(options: { whenFull?: 'wait' | 'drop'; maxQueued?: number; write?: AuditSink['write'] } = {}) {
  const timers = new Map<number, () => void>()
  let nextTimer = 0
  const written: string[] = []
  const write = options.write ?? (async (lines: readonly string[]) => void written.push(...lines))
  const journal = createJournal({
    sink: { name: 'test', open: async () => {}, close: async () => {}, write },
    writer: 'w',
    chain: null,
    flushIntervalInMs: 100,
    batchSize: 4,
    maxQueued: options.maxQueued ?? 8,
    whenFull: options.whenFull ?? 'wait',
    maxWaitInMs: 1_000,
    closeTimeoutInMs: 1_000,
    now: () => 0,
    logger: silentLogger,
    setTimer: (run) => {
      const timer = nextTimer++
      timers.set(timer, run)
      return () => timers.delete(timer)
    }
  })
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return {
    journal,
    written,
    settle,
    async fire() {
      for (const [timer, run] of [...timers]) {
        timers.delete(timer)
        run()
      }
      await settle()
    }
  }
}

t.test('a batch is written when it is full, and at the latest when its time is over', async (t) => {
  const { journal, written, settle, fire } = manualJournal()
  for (let number = 0; number < 3; number++) addRecord(journal, `"n":${number}`)
  await settle()
  t.equal(written.length, 0)
  addRecord(journal, '"n":3')
  await settle()
  t.equal(written.length, 4)
  addRecord(journal, '"n":4')
  await settle()
  t.equal(written.length, 4)
  await fire()
  t.same(
    written.map((line) => JSON.parse(line).n),
    [0, 1, 2, 3, 4]
  )
  t.same(
    written.map((line) => JSON.parse(line).seq),
    [0, 1, 2, 3, 4]
  )
})

t.test('a sink that fails is tried again with the same records', async (t) => {
  const tries: string[][] = []
  const { journal, fire, settle } = manualJournal({
    write: async (lines) => {
      tries.push([...lines])
      if (tries.length < 4) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
    }
  })
  for (let number = 0; number < 4; number++) addRecord(journal, `"n":${number}`)
  await settle()
  t.match(journal.health(), { ok: false, lastError: 'ECONNREFUSED', queued: 4, written: 0 })
  for (let retry = 0; retry < 3; retry++) await fire()
  t.equal(tries.length, 4)
  t.same(tries[3], tries[0])
  t.match(journal.health(), { ok: true, lastError: null, queued: 0, written: 4 })
})

t.test('requests that wait are let in first come, first served, as far as there is room', async (t) => {
  const releases: (() => void)[] = []
  const { journal, fire, settle } = manualJournal({
    maxQueued: 4,
    write: () => new Promise<void>((resolve) => void releases.push(resolve))
  })
  for (let number = 0; number < 4; number++) addRecord(journal, `"n":${number}`)
  t.equal(journal.hasRoom(true), false)
  t.equal(journal.hasRoom(false), true)
  const entered: string[] = []
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    journal.waitForRoom(true, (hasRoom) => entered.push(`${name} ${hasRoom}`))
  t.equal(journal.health().waiting, 5)
  releases.shift()?.()
  await settle()
  t.same(entered, ['a true', 'b true', 'c true', 'd true'])
  await fire()
  t.same(entered.at(-1), 'e false')
  t.match(journal.health(), { waiting: 0, turnedAway: 1 })
})

t.test('memory is bounded though nobody could be held', async (t) => {
  const { journal } = manualJournal({ maxQueued: 4, write: () => new Promise(() => {}) })
  for (let number = 0; number < 100; number++) addRecord(journal, `"n":${number}`)
  t.match(journal.health(), { queued: 12, dropped: 88, ok: false })
})
