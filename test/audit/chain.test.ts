import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createChain, parseSealedLine } from '../../src/audit/chain.js'
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
    flushIntervalMs: 1,
    batchSize: 10,
    maxQueued: 1_000,
    whenFull: 'wait',
    maxWaitMs: 1,
    closeTimeoutMs: 1_000,
    now: () => 1_700_000_000_000,
    logger: silentLogger
  })
  for (let number = 0; number < options.records; number++) addRecord(journal, `"action":"act ü ${number}"`)
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
