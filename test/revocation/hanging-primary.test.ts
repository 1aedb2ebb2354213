import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { killProgram } from '../fixtures/programs.js'

// A primary that hangs closes no channel and takes all that its workers send.

interface Answer {
  readonly pid: number
  readonly connected: boolean
  readonly cause: string | null
  readonly size?: number
  readonly changes: readonly object[]
  readonly told?: boolean
}

type Worker = (path: string) => Promise<Answer>

interface Cluster {
  readonly primary: ChildProcess
  readonly one: Worker
  readonly two: Worker
}

const TIMED_OUT = { connected: false, cause: 'timeout' }

async function startCluster(t: Test): Promise<Cluster> {
  const file = join(import.meta.dirname, '../fixtures/hanging-primary.js')
  const primary = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => killProgram(primary))
  const workers: Worker[] = []
  for await (const line of createInterface(primary.stdout)) {
    const { port } = JSON.parse(line)
    workers.push(async (path) => (await fetch(`http://127.0.0.1:${port}/${path}`)).json() as Promise<Answer>)
    if (workers.length === 2) break
  }
  const [one, two] = workers as [Worker, Worker]
  return { primary, one, two }
}

/** Asks until the answer is as wanted; the test's own timeout is the limit. */
async function until(worker: Worker, isWanted: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await worker('health')
    if (isWanted(answer)) return answer
    await delay(20)
  }
}

t.test(
  'a primary hangs: its workers are away until it goes on, and nothing is lost',
  { timeout: 30_000 },
  async (t) => {
    const { primary, one, two } = await startCluster(t)
    t.match(await one('open'), { connected: true, cause: null })
    await two('open')
    t.match(await one('revoke/sess_0'), { told: true })

    primary.kill('SIGSTOP')
    t.match(await one('revoke/sess_1'), { ...TIMED_OUT, told: false, size: 2 }, 'the first call finds out')
    t.match(await one('revoke/sess_2'), { ...TIMED_OUT, told: false, size: 3 })
    t.match(await until(two, ({ connected }) => !connected), { ...TIMED_OUT, size: 1 }, 'the next heartbeat finds out')
    await delay(1_000)

    primary.kill('SIGCONT')
    const { changes } = await until(two, ({ connected }) => connected)
    const gone = { connected: false, cause: 'timeout', received: 0, sent: 0 }
    t.match(changes[0], gone)
    t.match(changes[1], { connected: true, cause: 'timeout', sent: 0 })
    await until(two, ({ size }) => size === 3)
    const back = await until(one, ({ connected }) => connected)
    t.strictSame(back.changes, [gone, { connected: true, cause: 'timeout', received: 0, sent: 2 }], 'told once each')
    t.match(await two('revoke/sess_3'), { told: true })
    await until(one, ({ size }) => size === 4)
  }
)

t.test('a worker starts while its primary hangs, and fills the channel', { timeout: 30_000 }, async (t) => {
  const { primary, one, two } = await startCluster(t)
  await one('open')
  await one('revoke/sess_0')
  primary.kill('SIGSTOP')
  t.match(await two('open'), { connected: false, cause: 'connecting', size: 0 })
  await until(two, ({ cause }) => cause === 'timeout')
  const long = 's'.repeat(250)
  for (let i = 0; i < 2_000; i++) await two(`revoke/${long}${i}`)
  t.match(await two('health'), { ...TIMED_OUT, size: 2_000 })
  primary.kill('SIGCONT')
  await until(two, ({ connected, size }) => connected && size === 2_001)
  await until(one, ({ connected, size }) => connected && size === 2_001)
})

t.test('a worker was stopped itself: it does not take its primary for away', { timeout: 30_000 }, async (t) => {
  const { primary, one } = await startCluster(t)
  await one('open')
  const { pid } = await one('health')
  process.kill(pid, 'SIGSTOP')
  await delay(1_000)
  process.kill(pid, 'SIGCONT')
  await delay(500)
  t.match(await one('health'), { connected: true, changes: [] })
  t.equal(primary.exitCode, null)
})
