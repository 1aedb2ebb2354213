import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'
import type { Order, Report } from './contender-process.js'
import { type FaultContender, ours } from './contenders.js'

/** The result of one contender under one fault. */
export interface CellResult {
  readonly contender: string
  /** Valid tokens under published keys, and of those the ones that were refused or not answered. */
  readonly sent: number
  readonly wronglyRefused: number
  /** Accepted tokens that must be refused. Counted for our package only. */
  readonly wronglyAccepted?: number
  readonly fetches: number
  readonly longestWaitMs: number
}

/** One contender and its key endpoint, with the actions of a scenario. Times are those of the contender's process. */
export interface Cell {
  readonly clerk: LocalClerk
  /** Sends valid tokens, evenly over real time. */
  traffic(requests: number, perSecond: number): Promise<void>
  /** Sends valid tokens all at once. */
  burst(requests: number): void
  /** Sends well-formed tokens that name keys which never existed. */
  flood(requests: number, perSecond: number): Promise<void>
  /** Sends a token that must be refused. To our package only. */
  probe(token: string): void
  /** Makes simulated time pass, in which a minute takes seconds, with a valid token every 20 s unless `isIdle`. */
  pass(ms: number, isIdle?: boolean): Promise<void>
  /** Resolves when all tokens sent have been judged, or the time for that is over. */
  drain(): Promise<void>
}

/** A fault of the key endpoint, and the tokens sent meanwhile. */
export interface Scenario {
  readonly name: string
  /** False: the contender starts without keys. */
  readonly isWarm: boolean
  /** Contenders run one after the other: at the same time, the machine and not the endpoint would limit them. */
  readonly isAlone?: boolean
  /** Real time given to the last answers. */
  readonly drainMs?: number
  run(cell: Cell): Promise<void>
}

interface Sent {
  readonly expects: 'accepted' | 'refused'
  readonly sentAtMs: number
  ms: number | null
  accepted: boolean | null
}

const TICK_MS = 4000
/** Tick while a token waits, so that waits are measured to the second. */
const WAITING_TICK_MS = 1000
const REQUEST_EVERY_MS = 20_000
/** Real time between ticks, in which fetches and answers proceed. */
const MOVE_MS = 120
const WARM_UP_MS = 10_000
const WARM_UP_ATTEMPTS = 5
const DRAIN_MS = 4000
const DRAIN_PASS_MS = 60_000
/** Sessions that come back with new tokens. */
const SESSIONS = 50
const contenderProcess = fileURLToPath(new URL('./contender-process.js', import.meta.url))

export async function runCell(contender: FaultContender, signingKey: string, scenario: Scenario): Promise<CellResult> {
  let passedMs = 0
  const now = () => Date.now() + passedMs
  const clerk = await createLocalClerk({ instanceType: 'production', signingKey, now })
  await clerk.listen()
  const child = fork(contenderProcess)
  const isOurs = contender === ours
  const all: Sent[] = []
  let open = 0
  let wake = () => {}

  child.on('message', (report: Report) => {
    if (report.kind !== 'judged') return
    const entry = all[report.id]
    if (entry === undefined) return
    entry.ms = report.ms
    entry.accepted = report.accepted
    open--
    wake()
  })

  function send(token: string, expects: Sent['expects']): void {
    const id = all.push({ expects, sentAtMs: now(), ms: null, accepted: null }) - 1
    open++
    tell(child, { kind: 'verify', id, token, asks: expects === 'accepted' || isOurs })
  }

  let users = 0
  const sendGood = () => {
    const user = users++ % SESSIONS
    send(
      clerk.signSessionToken({ userId: `user_${user}`, sessionId: `sess_${user}`, claims: { n: users } }),
      'accepted'
    )
  }

  const cell: Cell = {
    clerk,
    burst(requests) {
      for (let i = 0; i < requests; i++) sendGood()
    },
    traffic: (requests, perSecond) => evenly(requests, perSecond, sendGood),
    flood(requests, perSecond) {
      const forge = createForger(clerk)
      return evenly(requests, perSecond, () => send(forge(), 'refused'))
    },
    probe(token) {
      if (isOurs) send(token, 'refused')
    },
    async pass(ms, isIdle = false) {
      const endMs = passedMs + ms
      let requestAtMs = passedMs
      while (passedMs < endMs) {
        if (!isIdle && passedMs >= requestAtMs) {
          requestAtMs += REQUEST_EVERY_MS
          sendGood()
          await until(() => open === 0, MOVE_MS)
        }
        const before = clerk.requests.count('jwks')
        await tick(Math.min(open === 0 ? TICK_MS : WAITING_TICK_MS, endMs - passedMs))
        // A fetch has begun. It gets real time to end, or its deadline in simulated time would always come first.
        if (clerk.requests.count('jwks') > before) await pause(MOVE_MS)
      }
    },
    async drain() {
      await until(() => open === 0, scenario.drainMs ?? DRAIN_MS)
      for (let left = DRAIN_PASS_MS; left > 0 && open > 0; left -= WAITING_TICK_MS) await tick(WAITING_TICK_MS)
    }
  }

  async function tick(ms: number): Promise<void> {
    passedMs += ms
    await ask(child, { kind: 'pass', ms }, 'passed')
  }

  async function until(isOver: () => boolean, limitMs: number): Promise<void> {
    const endMs = Date.now() + limitMs
    while (!isOver() && Date.now() < endMs) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, endMs - Date.now())
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Sends valid tokens until all are accepted: on a busy machine even a healthy endpoint may miss a deadline. */
  async function warmUp(): Promise<void> {
    for (let attempt = 0; attempt < WARM_UP_ATTEMPTS; attempt++) {
      const before = all.length
      for (let i = 0; i < SESSIONS; i++) {
        sendGood()
        if (i === 0) await until(() => open === 0, WARM_UP_MS)
      }
      await until(() => open === 0, WARM_UP_MS)
      if (all.slice(before).every(({ accepted }) => accepted)) return
      await pause(2000)
    }
    throw new Error(`${contender.name} refuses tokens of a healthy instance`)
  }

  try {
    const { publishableKey, secretKey, issuer } = clerk
    const origin = clerk.pluginOptions().apiUrl
    await ask(
      child,
      { kind: 'start', contender: contender.name, trust: { publishableKey, secretKey, issuer, origin } },
      'started'
    )
    if (scenario.isWarm) await warmUp()
    const fetchesBefore = clerk.requests.count('jwks')
    const sentBefore = all.length
    await scenario.run(cell)
    await cell.drain()

    const good = all.slice(sentBefore).filter(({ expects }) => expects === 'accepted')
    const bad = all.filter(({ expects }) => expects === 'refused')
    return {
      contender: contender.name,
      sent: good.length,
      wronglyRefused: good.filter(({ accepted }) => accepted !== true).length,
      ...(isOurs && { wronglyAccepted: bad.filter(({ accepted }) => accepted === true).length }),
      fetches: clerk.requests.count('jwks') - fetchesBefore,
      longestWaitMs: Math.max(...all.slice(sentBefore).map(({ ms, sentAtMs }) => ms ?? now() - sentAtMs))
    }
  } finally {
    child.disconnect()
    await clerk.close()
  }
}

/** Makes tokens of the payload and signature of a real one, under a header that names a key which never existed. */
function createForger(clerk: LocalClerk): () => string {
  const [, payload, signature] = clerk.signSessionToken({ userId: 'user_0', sessionId: 'sess_forged' }).split('.')
  let count = 0
  return () => {
    const header = { alg: 'RS256', cat: 'cl_B7d4PD111AAA', kid: `ins_forged_${count++}`, typ: 'JWT' }
    return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`
  }
}

async function evenly(count: number, perSecond: number, act: () => void): Promise<void> {
  const startMs = Date.now()
  for (let done = 0; done < count; ) {
    const due = Math.min(count, Math.floor(((Date.now() - startMs) / 1000) * perSecond) + 1)
    for (; done < due; done++) act()
    await pause(10)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function tell(child: ChildProcess, order: Order): void {
  if (child.connected) child.send(order)
}

function ask(child: ChildProcess, order: Order, answer: Report['kind']): Promise<void> {
  return new Promise((resolve, reject) => {
    const forget = () => {
      child.off('message', onMessage)
      child.off('exit', onExit)
    }
    const onMessage = (report: Report) => {
      if (report.kind !== answer) return
      forget()
      resolve()
    }
    const onExit = () => {
      forget()
      reject(new Error('A contender’s process ended early'))
    }
    child.on('message', onMessage)
    child.on('exit', onExit)
    tell(child, order)
  })
}
