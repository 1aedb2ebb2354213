// Runs one contender in a forked process: verifies the tokens it is sent, and reports how long each took.
import process from 'node:process'
import { installClock } from './clock.js'
import type { FaultTrust } from './contenders.js'

export type Order =
  | { readonly kind: 'start'; readonly contender: string; readonly trust: FaultTrust }
  | { readonly kind: 'pass'; readonly ms: number }
  /** `asks`: whether the report tells if the token was accepted, or only that it was judged. */
  | { readonly kind: 'verify'; readonly id: number; readonly token: string; readonly asks: boolean }

export type Report =
  | { readonly kind: 'started' }
  | { readonly kind: 'passed' }
  | { readonly kind: 'judged'; readonly id: number; readonly ms: number; readonly accepted: boolean | null }

const clock = installClock()
const { faultContenders } = await import('./contenders.js')
let verify: (token: string) => Promise<boolean> = async () => false

// The bench may have ended meanwhile: errors of sending are ignored.
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
    // Timers that have fallen due run before this one.
    setTimeout(() => say({ kind: 'passed' }), 1)
  }
  if (order.kind === 'start') {
    const contender = faultContenders.find(({ name }) => name === order.contender)
    if (contender === undefined) throw new Error(`There is no contender called ${order.contender}`)
    verify = await contender.create(order.trust)
    say({ kind: 'started' })
  }
})
// Timers and sockets that a contender leaves behind must not keep the process alive.
process.on('disconnect', () => process.exit(0))
// An unhandled rejection inside a contender must not end the process; the requests concerned are counted as refused.
process.on('unhandledRejection', () => {})
