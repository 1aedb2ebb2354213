import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createChain, parseRecordStart, parseSealedLine } from '../../src/audit/chain.js'
import { type AuditSink, verifyChain } from '../../src/audit/index.js'
import { createJournal } from '../../src/audit/journal.js'
import { runAuditCommand } from '../../src/cli/audit-verify.js'
import { silentLogger } from '../../src/core/logger.js'
import { addRecord } from '../fixtures/audit-record.js'

const KEY = 'a key of sixteen characters or more'

/** The lines of a writer: as many records, then the close record unless it was killed. */
async function writeLog(options: {
  records: number
  writer?: string
  key?: string | null
  after?: string
  killed?: boolean
  fields?: string
}) {
  const lines: string[] = []
  const sink: AuditSink = {
    name: 'memory',
    open: async () => {},
    close: async () => {},
    write: async (batch) => void lines.push(...batch)
  }
  const previous = options.after === undefined ? null : (parseSealedLine(options.after)?.hash ?? null)
  const journal = createJournal({
    sink,
    writer: options.writer ?? 'w1',
    chain: createChain(options.key ?? null, previous),
    flushIntervalInMs: 1,
    batchSize: 10,
    maxQueued: 1_000,
    whenFull: 'wait',
    maxWaitInMs: 1,
    closeTimeoutInMs: 1_000,
    now: () => 1_700_000_000_000,
    logger: silentLogger
  })
  for (let number = 0; number < options.records; number++)
    addRecord(journal, options.fields ?? `"action":"act ü ${number}"`)
  await (options.killed === true ? journal.flush() : journal.close())
  return lines
}

const check = (lines: readonly string[], key: string | null = null) => verifyChain([{ name: 'log', lines }], key)

t.test('a log as it was written is intact, with a key and without', async (t) => {
  for (const key of [null, KEY]) {
    const report = await check(await writeLog({ records: 50, key }), key)
    t.match(report, { isIntact: true, records: 51, broken: null, notices: [] })
    t.equal(report.lastHash?.length, 43)
  }
})

t.test('whatever is done to any record, the first broken one is named', async (t) => {
  const lines = await writeLog({ records: 8 })
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] as string
    const at = (changed: string[]) => check(changed)
    const edited = await at(lines.with(index, line.replace('"level":30', '"level":31')))
    t.match(edited.broken, { file: 'log', line: index + 1, problem: /was changed/ }, `edited ${index}`)
    if (index > 0 && index < lines.length - 1) {
      const removed = await at(lines.toSpliced(index, 1))
      t.match(removed.broken, { line: index + 1, problem: /missing/ }, `removed ${index}`)
      const repeated = await at(lines.toSpliced(index, 0, line))
      t.match(repeated.broken, { line: index + 2, problem: /repeated/ }, `repeated ${index}`)
      const swapped = lines.with(index, lines[index + 1] as string).with(index + 1, line)
      t.match((await at(swapped)).broken, { line: index + 1 }, `swapped ${index}`)
      const inserted = await at(lines.toSpliced(index, 0, '{"msg":"audit"}'))
      t.match(inserted.broken, { line: index + 1, problem: /not a chained record/ }, `inserted at ${index}`)
    }
  }
})

t.test(
  'a tail that is missing shows by the close record, by the next writer and by the hash kept elsewhere',
  async (t) => {
    const lines = await writeLog({ records: 8 })
    const cut = await check(lines.slice(0, 5))
    t.equal(cut.isIntact, true)
    t.match(cut.notices.join(), /no close record/)
    const next = await writeLog({ records: 3, writer: 'w2', after: lines.at(-1) as string })
    t.equal((await check([...lines, ...next])).isIntact, true)
    t.match((await check([...lines.slice(0, 5), ...next])).broken, { writer: 'w2', seq: 0, problem: /missing/ })
    t.not(cut.lastHash, (await check(lines)).lastHash)
  }
)

t.test('without the key a log cannot be made anew', async (t) => {
  const forged = await writeLog({ records: 8, key: 'another key of sixteen characters' })
  t.match((await check(forged, KEY)).broken, { line: 1, problem: /changed, or the key is another/ })
  t.match((await check(await writeLog({ records: 8 }), KEY)).broken, { line: 1 })
})

t.test('half a record is a killed writer’s where a new writer follows, and damage elsewhere', async (t) => {
  const lines = await writeLog({ records: 5, killed: true })
  const next = await writeLog({ records: 2, writer: 'w2', after: lines.at(-1) as string })
  const half = (lines[0] as string).slice(0, 40)
  t.match(await check([...lines, half, ...next]), { isIntact: true, notices: [/half a record/, /w1 has no close/] })
  t.match((await check([...lines.slice(0, 2), half, ...lines.slice(2)])).broken, { line: 3 })
  t.match(await check([...lines, half]), { isIntact: true, notices: [/half a record at the end/, /w1/] })
})

t.test('a log that begins in the middle says so', async (t) => {
  const lines = await writeLog({ records: 8 })
  t.match(await check(lines.slice(3)), { isIntact: true, notices: [/begins at record 3/] })
})

t.test('a new chain in the middle of a log is not believed', async (t) => {
  const lines = await writeLog({ records: 3 })
  const unrelated = await writeLog({ records: 3, writer: 'w2' })
  t.match((await check([...lines, ...unrelated])).broken, { line: 5, problem: /knows nothing/ })
})

/** Writers of one log, each with a journal and a chain of its own, as processes with one file have. */
function openLog(key: string | null = KEY) {
  const lines: string[] = []
  const open = (writer: string) => {
    const previous = lines.at(-1)
    const sink: AuditSink = {
      name: 'memory',
      open: async () => {},
      close: async () => {},
      write: async (batch) => void lines.push(...batch),
      newestOfOthers: async (self) => {
        const newest = new Map(lines.map((line) => [parseRecordStart(line)?.writer ?? '', line]))
        newest.delete(self)
        return [...newest.values()]
      }
    }
    const ticks: (() => void)[] = []
    const journal = createJournal({
      sink,
      writer,
      chain: createChain(key, previous === undefined ? null : (parseSealedLine(previous)?.hash ?? null)),
      flushIntervalInMs: 1,
      batchSize: 10,
      maxQueued: 1_000,
      whenFull: 'wait',
      maxWaitInMs: 1,
      closeTimeoutInMs: 1_000,
      now: () => 1_700_000_000_000,
      logger: silentLogger,
      setTimer: (run, ms) => {
        if (ms === 1_000) ticks.push(run)
        return () => {}
      }
    })
    return {
      async write(action: string) {
        addRecord(journal, `"action":"${action}"`)
        await journal.flush()
      },
      /** A second goes by: the newest records of the others are cited. */
      async tick() {
        ticks.pop()?.()
        await new Promise(setImmediate)
        await journal.flush()
      },
      kill: () => journal.flush(),
      close: () => journal.close()
    }
  }
  return { lines, open }
}

const without = (lines: readonly string[], writer: string) =>
  lines.filter((line) => !line.includes(`"writer":"${writer}"`))

t.test('of several writers of one log none can be removed, however they begin and end', async (t) => {
  for (const isFirstLog of [true, false]) {
    const { lines, open } = openLog()
    if (!isFirstLog) {
      const before = open('before')
      await before.write('zero')
      await before.close()
    }
    const [a, b] = [open('a'), open('b')]
    await a.write('one')
    await b.write('evil')
    await b.close()
    await a.write('two')
    await a.close()
    t.match(await check(lines, KEY), { isIntact: true, notices: [] }, 'untouched')
    const cut = await check(without(lines, 'b'), KEY)
    t.match(cut.broken, { writer: 'a', problem: /names record 2 of writer b, which is missing/ })
  }
})

t.test('a writer that is idle cites the others too, and two idle ones do not go on citing each other', async (t) => {
  const { lines, open } = openLog()
  const [busy, idle] = [open('busy'), open('idle')]
  await busy.write('evil')
  await busy.kill()
  await idle.tick()
  t.match(await check(without(lines, 'busy'), KEY), { isIntact: false })
  for (let round = 0; round < 5; round++) {
    await busy.tick()
    await idle.tick()
  }
  t.equal(lines.length, 2)
})

t.test('with several writers each record that is edited, removed, moved or repeated is found', async (t) => {
  const { lines, open } = openLog()
  const writers = ['a', 'b', 'c'].map((name) => open(name))
  for (let round = 0; round < 4; round++) {
    for (const writer of writers) await writer.write(`act ${round}`)
    for (const writer of writers) await writer.tick()
  }
  for (const writer of writers) await writer.close()
  t.match(await check(lines, KEY), { isIntact: true, notices: [] })
  // No record follows the last close record: its removal shows as a notice, and by a hash that is kept elsewhere.
  for (let index = 0; index < lines.length - 1; index++) {
    const line = lines[index] as string
    t.equal((await check(lines.with(index, line.replace('"level":30', '"level":31')), KEY)).isIntact, false, 'edited')
    const removed = await check(lines.toSpliced(index, 1), KEY)
    t.ok(!removed.isIntact || removed.notices.length > 0, `removed ${index}`)
    t.equal((await check(lines.toSpliced(index, 0, line), KEY)).isIntact, false, `repeated ${index}`)
  }
})

t.test('records of several writers may be read in another order than they were written in', async (t) => {
  const { lines, open } = openLog()
  const [a, b] = [open('a'), open('b')]
  await a.write('one')
  await b.write('one')
  await a.tick()
  await b.tick()
  await a.close()
  await b.close()
  const of = (writer: string) => lines.filter((line) => line.includes(`"writer":"${writer}"`))
  t.match(await check([...of('b'), ...of('a')], KEY), { isIntact: true, broken: null })
})

t.test('a log whose oldest files are gone is intact for every writer, and says where each begins', async (t) => {
  const { lines, open } = openLog()
  const [a, b] = [open('a'), open('b')]
  for (let round = 0; round < 5; round++) {
    await a.write('act')
    await b.write('act')
    await a.tick()
    await b.tick()
  }
  await a.close()
  await b.close()
  const report = await check(lines.slice(9), KEY)
  t.match(report, { isIntact: true, notices: [/begins at record \d+ of writer/, /begins at record \d+ of writer/] })
  t.match((await check(without(lines.slice(9), 'b'), KEY)).isIntact, false)
})

t.test('half a record stays no more than half a record when another writer appends to its line', async (t) => {
  const { lines, open } = openLog()
  const [a, b] = [open('a'), open('b')]
  await a.write('one')
  await b.write('one')
  await b.kill()
  await a.write('two')
  await a.close()
  const at = lines.findIndex((line) => line.includes('"two"'))
  const half = (lines[1] as string).replace('"seq":0', '"seq":1').slice(0, 90)
  const report = await check(lines.with(at, half + lines[at]), KEY)
  t.match(report, { isIntact: true, notices: [/half a record/, /writer b has no close/] })
  // Half a line that names a writer which wrote on cannot come from a killed process.
  const forged = (lines[0] as string).slice(0, 90)
  t.match((await check(lines.with(at, forged + lines[at]), KEY)).broken, { line: at + 1 })
})

t.test('a record that only quotes the words of a close record closes nothing', async (t) => {
  const lines = await writeLog({ records: 1, fields: '"details":{"msg":"audit-close"}', killed: true })
  t.match((await check(lines)).notices, [/no close record/])
})

t.test('no text of a checked file reaches the terminal as it is', async (t) => {
  const folder = t.testdir()
  const file = join(folder, 'audit.ndjson')
  const evil = '\u001b[2K\rintact: 4711 records, last hash abc\u001b[8m\u009b'
  writeFileSync(file, `{"level":30,"msg":"audit","time":1,"writer":"${evil}","seq":1,"x":1}\n`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/
  for (const args of [[file], ['--json', file], [`${file}${evil}`]]) {
    const { status, stdout, stderr } = await command('verify', ...args)
    t.not(status, 0)
    t.notMatch(stdout + stderr, controls)
    t.notMatch(stdout + stderr, /^intact/m)
  }
})

t.test('the newest record of each writer can be asked for', async (t) => {
  const { lines, open } = openLog()
  const [a, b] = [open('a'), open('b')]
  await a.write('one')
  await b.write('one')
  await a.close()
  await b.close()
  const file = join(t.testdir(), 'audit.ndjson')
  writeFileSync(file, `${lines.join('\n')}\n`)
  const { writers } = await check(lines, KEY)
  const last = writers.flatMap(({ hash }) => ['--last', hash])
  t.match(await command('verify', '--key-env', 'AUDIT_KEY', ...last, file), { status: 0, stdout: /writer a: record/ })
  const older = parseSealedLine(lines[0] as string)?.hash as string
  t.match(await command('verify', '--key-env', 'AUDIT_KEY', ...last, '--last', older, file), { status: 1 })
})

async function command(...args: string[]) {
  let stdout = ''
  let stderr = ''
  const output = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) }
  }
  const status = await runAuditCommand(args, output, { AUDIT_KEY: KEY })
  return { status, stdout, stderr }
}

t.test('the command says what the check found, and exits accordingly', async (t) => {
  const folder = t.testdir()
  const lines = await writeLog({ records: 8, key: KEY })
  const file = join(folder, 'audit.ndjson')
  const broken = join(folder, 'broken.ndjson')
  const keyFile = join(folder, 'key')
  writeFileSync(file, `${lines.join('\n')}\n`)
  writeFileSync(broken, `${lines.with(3, (lines[3] as string).replace('act', 'ACT')).join('\n')}\n`)
  writeFileSync(keyFile, `${KEY}\n`)

  t.match(await command('verify', '--key-env', 'AUDIT_KEY', file), { status: 0, stdout: /intact: 9 records/ })
  t.match(await command('verify', '--key-file', keyFile, file), { status: 0 })
  t.match(await command('verify', '--key-env', 'AUDIT_KEY', broken), {
    status: 1,
    stdout: /broken: .*broken\.ndjson:4 \(writer w1, record 3\): was changed/
  })
  t.match(await command('verify', file), { status: 1 })
  const last = (await check(lines, KEY)).lastHash as string
  t.match(await command('verify', '--key-file', keyFile, '--last', last, file), { status: 0 })
  t.match(await command('verify', '--key-file', keyFile, '--last', 'x'.repeat(43), file), {
    status: 1,
    stdout: /last record/
  })
  const { stdout } = await command('verify', '--json', '--key-file', keyFile, broken)
  t.match(JSON.parse(stdout), { isIntact: false, broken: { line: 4, seq: 3 } })
})

t.test('the command says how it is used', async (t) => {
  t.match(await command(), { status: 0, stdout: /Usage/ })
  t.match(await command('verify', '--help'), { status: 0, stdout: /Usage/ })
  t.match(await command('verify'), { status: 2, stderr: /Which file/ })
  t.match(await command('check'), { status: 2, stderr: /Unknown command/ })
  t.match(await command('verify', '--colour', 'x'), { status: 2, stderr: /Unknown option/ })
  t.match(await command('verify', '--key-file'), { status: 2, stderr: /needs a value/ })
  t.match(await command('verify', '/nowhere/audit.ndjson'), { status: 2, stderr: /ENOENT/ })
  t.match(await command('verify', '--key-env', 'NOT_SET', 'x'), { status: 2, stderr: /not set/ })
})
