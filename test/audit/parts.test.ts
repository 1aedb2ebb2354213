import t from 'tap'
import { truncateAddress } from '../../src/audit/address.js'
import { parseBrands, parseQuoted } from '../../src/audit/client-hints.js'
import { createDevices } from '../../src/audit/device.js'
import { createJournal } from '../../src/audit/journal.js'
import { jsonString, jsonValue } from '../../src/audit/json-text.js'
import { linesOf, RecordBuffer } from '../../src/audit/record-buffer.js'
import { parseRedaction } from '../../src/audit/redaction.js'
import type { AuditSink } from '../../src/audit/types.js'
import { createWaitingRoom } from '../../src/audit/waiting-room.js'
import { silentLogger } from '../../src/core/logger.js'
import { addRecord } from '../fixtures/audit-record.js'
import { createManualClock } from '../fixtures/manual-clock.js'

t.test('addresses keep their network and lose their host', async (t) => {
  const cases: [string, string | null][] = [
    ['198.51.100.7', '198.51.100.0'],
    ['::ffff:198.51.100.7', '198.51.100.0'],
    ['2001:db8:85a3:8d3:1319:8a2e:370:7348', '2001:db8:85a3::'],
    ['2001:db8::1', '2001:db8:0::'],
    ['::1', '0:0:0::'],
    ['fe80::1%eth0', 'fe80:0:0::'],
    ['::', '0:0:0::'],
    ['', null],
    ['nonsense', null],
    ['1:2:3', null]
  ]
  for (const [address, truncated] of cases) t.equal(truncateAddress(address), truncated, address)
})

t.test('brands are read from client hints, and whatever else a client sends is none', async (t) => {
  t.same(parseBrands('"Chromium";v="130", "Not \\"A\\" Brand";v="99"'), [
    { brand: 'Chromium', version: '130' },
    { brand: 'Not "A" Brand', version: '99' }
  ])
  t.same(parseBrands(''), [])
  t.same(parseBrands('"open'), [])
  t.same(parseBrands('"A"'), [{ brand: 'A', version: '' }])
  t.equal(parseBrands('"a";v="1",'.repeat(1_000)).length, 16)
  t.equal(parseQuoted('"Windows"'), 'Windows')
  t.equal(parseQuoted('Windows'), '')
  t.equal(parseQuoted(undefined), '')
})

t.test('text becomes JSON that PostgreSQL takes', async (t) => {
  t.equal(jsonString('plain "quoted"'), '"plain \\"quoted\\""')
  t.equal(JSON.parse(jsonString('a\0b\ud800c')), 'a\ufffdb\ufffdc')
  t.equal(JSON.parse(jsonString('line\u0001')), 'line\u0001')
  t.same(JSON.parse(jsonValue({ 'k\0': ['\ud800'] })), { 'k\ufffd': ['\ufffd'] })
  t.equal(
    jsonValue(() => {}),
    'null'
  )
  t.equal(jsonValue(1n), 'null')
})

t.test('no control character that a terminal obeys is in the JSON, and the text is the same when read', async (t) => {
  const controls = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('')
  for (const json of [jsonString(`é${controls}`), jsonValue({ [controls]: [controls] })]) {
    t.notOk([...json].some((character) => character < ' ' || (character >= '\u007f' && character <= '\u009f')))
    t.ok(json.includes('\\u009b'))
  }
  t.equal(JSON.parse(jsonString('31m\u009b\u007f')), '31m\u009b\u007f')
})

t.test('records come out of the buffer as they went in, whatever their length and letters', async (t) => {
  const buffer = new RecordBuffer()
  const texts = ['', 'a', 'ü'.repeat(30), '漢字'.repeat(40_000), 'x'.repeat(200_000), '"\\\n', '\u2028', 'z'.repeat(49)]
  const expected: string[] = []
  for (let round = 0; round < 40; round++) {
    for (const text of texts) {
      const number = round * 1e12 + text.length
      buffer.fragment(Buffer.from('{"text":'))
      buffer.string(text)
      buffer.text(',"number":')
      buffer.integer(number)
      buffer.text('}')
      buffer.end()
      expected.push(JSON.stringify({ text, number }))
    }
  }
  t.equal(buffer.length, expected.length)
  const found: string[] = []
  for (let batch = buffer.take(); batch.length > 0; batch = buffer.take()) {
    const lines = linesOf(batch)
    t.equal(lines.length, batch.length)
    found.push(...lines)
    buffer.recycle(batch)
  }
  t.same(found, expected)
  t.equal(buffer.length, 0)
})

t.test('an open record is not taken, and goes on in the next chunk', async (t) => {
  const buffer = new RecordBuffer()
  buffer.text('first')
  buffer.end()
  buffer.text('sec')
  t.same(linesOf(buffer.take()), ['first'])
  t.equal(buffer.take().length, 0)
  buffer.text('ond')
  buffer.end()
  t.same(linesOf(buffer.take()), ['second'])
})

t.test('user agents that nobody has seen are parsed for a bounded time only', async (t) => {
  let parsed = 0
  let nowMs = 0
  const parse = () => {
    parsed++
    return { browser: null, os: null, kind: 'desktop' }
  }
  const describe = createDevices(parse, parseRedaction([], null), () => nowMs)
  for (let number = 0; number < 1_000; number++) describe({ 'user-agent': `agent ${number}` })
  t.equal(parsed, 200)
  t.match(Buffer.from(describe({ 'user-agent': 'agent 5' })).toString(), /"kind":"desktop"/, 'known ones are known')
  nowMs = 1_000
  describe({ 'user-agent': 'agent 999' })
  t.equal(parsed, 201)
})

t.test('the same user agent with other hints is another device', async (t) => {
  const describe = createDevices(null, parseRedaction([], null), () => 0)
  const texts = ['"Windows"', '"Linux"', undefined, '"Windows"', '"A"', '"B"', '"C"', '"D"', '"Windows"'].map(
    (platform) =>
      Buffer.from(
        describe({ 'user-agent': 'agent', ...(platform === undefined ? {} : { 'sec-ch-ua-platform': platform }) })
      ).toString()
  )
  t.match(texts[0], /"sec-ch-ua-platform":"\\"Windows\\""/)
  t.match(texts[1], /Linux/)
  t.match(texts[2], /"hints":null/)
  t.equal(texts[3], texts[0])
  t.match(texts[7], /\\"D\\"/)
  t.equal(texts[8], texts[0])
})

t.test('a parser that throws costs the record nothing but its findings', async (t) => {
  const parse = () => {
    throw new Error('no')
  }
  const describe = createDevices(parse, parseRedaction([], null), () => 0)
  t.match(Buffer.from(describe({ 'user-agent': 'x' })).toString(), /"userAgent":"x".*"browser":null/)
})

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

t.test('the process lives as long as a request waits for room, whatever ends its wait', (t) => {
  const keepingAlive = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const clock = createManualClock()
  const room = createWaitingRoom(1_000, clock.setTimer)
  const before = keepingAlive()
  const outcomes: boolean[] = []
  const enter = () => room.enter(true, (hasRoom) => outcomes.push(hasRoom))
  for (const end of [() => room.admit(1), () => clock.advance(1_000), () => room.close()]) {
    enter()
    t.equal(keepingAlive(), before + 1)
    end()
    t.equal(keepingAlive(), before)
  }
  t.same(outcomes, [true, false, false])
  t.equal(clock.pending, 0)
  t.end()
})
