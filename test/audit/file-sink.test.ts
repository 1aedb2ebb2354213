import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import t, { type Test } from 'tap'
import { createChain } from '../../src/audit/chain.js'
import { fileSink } from '../../src/audit/file-sink.js'
import { createJournal } from '../../src/audit/journal.js'
import { endStream, pinoSink } from '../../src/audit/pino-sink.js'
import type { AuditSink } from '../../src/audit/types.js'
import { verifyChain } from '../../src/audit/verify.js'
import { silentLogger } from '../../src/core/logger.js'
import { addRecord } from '../fixtures/audit-record.js'

const SERVER = fileURLToPath(new URL('../fixtures/audit-server.js', import.meta.url))

interface ServerProcess {
  readonly url: string
  post(path: string): Promise<number>
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  readonly exited: Promise<unknown>
}

async function startServer(...args: string[]): Promise<ServerProcess> {
  const child = spawn(process.execPath, [SERVER, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
  const exited = once(child, 'exit')
  const [port] = await once(createInterface({ input: child.stdout }), 'line')
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    exited,
    // No kept connections: a pool of them would hold up the server's close.
    post: async (path) => {
      const posting = request(url + path, { method: 'POST', agent: false })
      posting.end()
      const [response] = (await once(posting, 'response')) as [IncomingMessage]
      response.resume()
      await once(response, 'end')
      return response.statusCode ?? 0
    },
    async end(signal) {
      child.kill(signal)
      await exited
    }
  }
}

/** Waits until the condition holds, which is checked at each change in the folder of the test. */
async function untilFolder(t: Test, isSo: () => boolean): Promise<void> {
  const watcher = watch(t.testdirName, { persistent: true })
  while (!isSo()) await once(watcher, 'change')
  watcher.close()
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean)
}

function targetsOf(lines: readonly string[]): number[] {
  return lines
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as { target?: string | null })
    .filter((record) => typeof record.target === 'string')
    .map((record) => Number(record.target))
}

function journalOn(sink: AuditSink, chain = createChain(null, null)) {
  return createJournal({
    sink,
    writer: 'w1',
    chain,
    flushIntervalInMs: 1,
    batchSize: 10,
    maxQueued: 1_000,
    whenFull: 'wait',
    maxWaitInMs: 1_000,
    closeTimeoutInMs: 5_000,
    now: Date.now,
    logger: silentLogger
  })
}

t.test('a killed process loses only what no flush had reached, and its successor goes on with the chain', async (t) => {
  const file = join(t.testdir(), 'audit.ndjson')
  const server = await startServer('file', file)
  const written = 50
  for (let number = 0; number < written; number++) await server.post(`/things/${number}`)
  // Waits for the flush, whose interval is tested with the journal.
  await untilFolder(t, () => targetsOf(linesOf(file)).length === written)
  for (let number = written; number < written + 10; number++) await server.post(`/things/${number}`)
  await server.end('SIGKILL')

  const recorded = targetsOf(linesOf(file))
  t.ok(recorded.length >= written, `${recorded.length} records`)
  t.same(recorded, [...recorded.keys()], 'without a hole')

  const successor = await startServer('file', file)
  await successor.post('/things/999999')
  await successor.end('SIGTERM')
  t.ok(targetsOf(linesOf(file)).includes(999_999))
  const report = await verifyChain([{ name: file, lines: linesOf(file) }])
  t.equal(report.isIntact, true, JSON.stringify(report))
  t.match(report.notices.join('\n'), /has no close record/)
})

t.test('everything accepted is in the file after close', async (t) => {
  const file = join(t.testdir(), 'audit.ndjson')
  const server = await startServer('file', file)
  await Promise.all(Array.from({ length: 500 }, (_, number) => server.post(`/things/${number}`)))
  await server.end('SIGTERM')
  t.equal(new Set(targetsOf(linesOf(file))).size, 500)
  const report = await verifyChain([{ name: file, lines: linesOf(file) }])
  t.same(report.notices, [])
  t.equal(report.isIntact, true)
  t.equal(statSync(file).mode & 0o777, 0o600)
})

t.test('a process that crashes writes what it has on the way out', async (t) => {
  const file = join(t.testdir(), 'audit.ndjson')
  const server = await startServer('file', file)
  await Promise.all(Array.from({ length: 50 }, (_, number) => server.post(`/things/${number}`)))
  await server.post('/crash').catch(() => {})
  await server.exited
  t.equal(new Set(targetsOf(linesOf(file))).size, 50)
})

t.test('with rotation the records are in several files, and the chain runs through all of them', async (t) => {
  const folder = t.testdir()
  const first = await startServer('file', join(folder, 'audit.ndjson'), '2k')
  for (let round = 0; round < 3; round++) {
    await Promise.all(Array.from({ length: 20 }, (_, number) => first.post(`/things/${round * 20 + number}`)))
    // A round is larger than a file may be, so the sink starts a new file. Without this wait the next round could begin before.
    await untilFolder(t, () => readdirSync(folder).length >= round + 2)
  }
  await first.end('SIGTERM')
  const second = await startServer('file', join(folder, 'audit.ndjson'), '2k')
  await second.post('/things/60')
  await second.end('SIGTERM')
  const files = readdirSync(folder)
    .sort((a, b) => Number(a.split('.')[1]) - Number(b.split('.')[1]))
    .map((name) => ({ name, lines: linesOf(join(folder, name)) }))
  t.ok(files.length > 3, `${files.length} files`)
  t.equal(new Set(files.flatMap(({ lines }) => targetsOf(lines))).size, 61)
  t.same(await verifyChain(files), { ...(await verifyChain(files)), isIntact: true, notices: [] })
})

/** A file system of 64 KiB with a file in it that takes up what is left; null where mounting is not allowed. */
function fullDisk(folder: string): string | null {
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status !== 0) {
    rmSync(folder, { recursive: true, force: true })
    return null
  }
  t.teardown(() => {
    spawnSync('umount', [folder])
    rmSync(folder, { recursive: true, force: true })
  })
  const file = join(folder, 'audit.ndjson')
  writeFileSync(file, '')
  try {
    for (;;) appendFileSync(join(folder, 'filler'), Buffer.alloc(4096))
  } catch {
    return file
  }
}

const smallDisk = fullDisk(mkdtempSync(join(tmpdir(), 'audit-disk-')))
const noDisk = smallDisk === null && 'mounting a small file system is not allowed here'

t.test('a full disk is waited for, and nothing is written twice', { skip: noDisk }, async (t) => {
  const file = smallDisk as string
  const full = fileSink(file)
  await full.open()
  await t.rejects(full.write(['{"n":1}']), { code: 'ENOSPC' })
  await t.rejects(full.write(['{"n":1}']), { code: 'ENOSPC' }, 'and again')
  t.throws(() => full.writeSync?.(new Uint8Array(0)), /disk/, 'an exiting process does not hang on it')
  const another = fileSink(file)
  await another.open()
  await t.rejects(another.write(['{"n":1}']), { code: 'ENOSPC' })
  await another.close()
  t.pass('nor does one that closes')
})

t.test('a path that leads to no regular file is refused before it is opened', async (t) => {
  const folder = t.testdir()
  const pipe = join(folder, 'pipe')
  t.equal(spawnSync('mkfifo', [pipe]).status, 0)
  await t.rejects(fileSink(pipe).open(), { code: 'FST_CLERK_OPTION_VALUE', message: /fileSink\.path.*pinoSink/ })
  await t.rejects(fileSink('/dev/null').open(), { code: 'FST_CLERK_OPTION_VALUE' })
  await t.rejects(fileSink(folder).open(), { code: 'FST_CLERK_OPTION_VALUE' })
})

t.test('half a line of a killed process is ended before the next record', async (t) => {
  const file = join(t.testdir(), 'audit.ndjson')
  writeFileSync(file, '{"n":1}\n{"n":2,"to')
  const sink = fileSink(file)
  await sink.open()
  t.equal(await sink.lastLine?.(), '{"n":1}')
  await sink.write(['{"n":3}'])
  await sink.close()
  t.equal(readFileSync(file, 'utf8'), '{"n":1}\n{"n":2,"to\n{"n":3}\n')
})

t.test('a file that cannot be made keeps the server from starting', async (t) => {
  const file = join(t.testdir({ taken: 'a file' }), 'taken', 'audit.ndjson')
  await t.rejects(fileSink(file).open(), { code: /EEXIST|ENOTDIR/ })
})

t.test('any pino transport takes records', async (t) => {
  const file = join(t.testdir(), 'audit.ndjson')
  const sink = pinoSink(() => pino.transport({ target: 'pino/file', options: { destination: file } }))
  await sink.open()
  const journal = journalOn(sink)
  for (let number = 0; number < 100; number++) addRecord(journal, `"target":"${number}"`)
  await journal.close()
  t.same(
    targetsOf(linesOf(file)),
    Array.from({ length: 100 }, (_, number) => number)
  )
  t.equal((await verifyChain([{ name: file, lines: linesOf(file) }])).isIntact, true)
})

t.test('several pino transports behind one stream take records by their level', async (t) => {
  const folder = t.testdir()
  const targets = ['a', 'b'].map((name) => ({
    target: 'pino/file',
    level: 'info',
    options: { destination: join(folder, name) }
  }))
  const sink = pinoSink(() => pino.transport({ targets }))
  await sink.open()
  const journal = journalOn(sink)
  addRecord(journal, '"target":"1"')
  addRecord(journal, '"target":"2"')
  await journal.close()
  t.same(targetsOf(linesOf(join(folder, 'a'))), [1, 2])
  t.same(targetsOf(linesOf(join(folder, 'b'))), [1, 2])
})

t.test('a transport that dies is opened again', async (t) => {
  const file = join(t.testdir(), 'audit.ndjson')
  let opened = 0
  let transport: ReturnType<typeof pino.transport> | null = null
  const sink = pinoSink(() => {
    opened++
    transport = pino.transport({ target: 'pino/file', options: { destination: file } })
    return transport
  })
  await sink.open()
  await sink.write(['{"target":"1"}'])
  await endStream(transport as never)
  await sink.write(['{"target":"2"}'])
  await sink.close()
  t.equal(opened, 2)
  t.same(targetsOf(linesOf(file)), [1, 2])
})

t.test("a stream that is the application's own is flushed, not ended", async (t) => {
  const file = join(t.testdir(), 'audit.ndjson')
  const stream = pino.destination({ dest: file, sync: false, minLength: 4_096 })
  const sink = pinoSink(stream as never)
  await sink.open()
  await sink.write(['{"target":"1"}'])
  await sink.close()
  t.same(targetsOf(linesOf(file)), [1])
  stream.write('{"target":"2"}\n')
  stream.flushSync()
  t.same(targetsOf(linesOf(file)), [1, 2])
  stream.end()
})

t.test('several processes may write one chained log: kills, restarts and rotation leave it intact', async (t) => {
  for (const rotateAt of ['', '20k', '2k']) {
    const folder = t.testdir()
    const start = () => startServer('file', join(folder, 'audit.ndjson'), rotateAt)
    const [killed, first, second] = await Promise.all([start(), start(), start()])
    const load = async (server: ServerProcess, from: number) => {
      for (let number = from; number < from + 60; number++) await server.post(`/things/${number}`)
    }
    const loads = [load(killed, 0).catch(() => {}), load(first, 100), load(second, 200)]
    await killed.post('/things/99')
    await killed.end('SIGKILL')
    const successor = await start()
    await Promise.all([...loads, load(successor, 300)])
    for (const server of [second, successor, first]) await server.end('SIGTERM')

    const files = readdirSync(folder)
      .sort((a, b) => Number(a.split('.')[1]) - Number(b.split('.')[1]))
      .map((name) => ({ name, lines: linesOf(join(folder, name)) }))
    const report = await verifyChain(files)
    t.equal(report.isIntact, true, JSON.stringify(report.broken))
    t.ok(new Set(files.flatMap(({ lines }) => targetsOf(lines))).size >= 180, 'all that live processes answered')
    if (rotateAt !== '') t.ok(files.length > 1, `${files.length} files`)

    // Each writer but the last is cited by others: the log is broken when all records of such a writer are removed.
    const last = report.writers.find(({ hash }) => hash === report.lastHash)?.writer
    for (const { writer, isClosed } of report.writers) {
      if (writer === last || !isClosed) continue
      const without = files.map(({ name, lines }) => ({
        name,
        lines: lines.filter((line) => !line.includes(`"writer":"${writer}"`))
      }))
      t.match((await verifyChain(without)).broken?.problem, new RegExp(`of writer ${writer}, which is missing|missing`))
    }
  }
})
