// One contender in a process of its own: verifies what it is sent and says how long that took.
import process from 'node:process'
import { installClock } from './clock.js'
import type { FaultTrust } from './contenders.js'

export type Order =
  | { readonly kind: 'start'; readonly contender: string; readonly trust: FaultTrust }
  | { readonly kind: 'pass'; readonly ms: number }
  /** `asks`: whether the answer is wanted, or only that there is one. */
  | { readonly kind: 'verify'; readonly id: number; readonly token: string; readonly asks: boolean }

export type Report =
  | { readonly kind: 'started' }
  | { readonly kind: 'passed' }
  | { readonly kind: 'judged'; readonly id: number; readonly ms: number; readonly accepted: boolean | null }

const clock = installClock()
const { contenders } = await import('./contenders.js')
let verify: (token: string) => Promise<boolean> = async () => false

// Who asked may have gone meanwhile.
const say = (report: Report) => process.send?.(report, undefined, undefined, () => {})

async function judge(id: number, token: string, asks: boolean): Promise<void> {
  const fromMs = clock.nowMs()
  const accepted = await verify(token).catch(() => false)
  say({ kind: 'judged', id, ms: clock.nowMs() - fromMs, accepted: asks ? accepted : null })
}

process.on('message', async (order: Order) => {
  if (order.kind === 'verify') void judge(order.id, order.token, order.asks)
  if (order.kind === 'pass') {
    clock.pass(order.ms)
    // Timers that fell due have run by the time that this one does.
    setTimeout(() => say({ kind: 'passed' }), 1)
  }
  if (order.kind === 'start') {
    const contender = contenders.find(({ name }) => name === order.contender)
    if (contender === undefined) throw new Error(`There is no contender called ${order.contender}`)
    verify = await contender.create(order.trust)
    say({ kind: 'started' })
  }
})
// What a contender leaves running must not keep the process.
process.on('disconnect', () => process.exit(0))
// A contender's stray rejection is its own affair; the requests it concerns are counted.
process.on('unhandledRejection', () => {})
