// Node 20 creates the object of every `process.nextTick` from a literal with computed keys. V8 stores these keys
// quickly while the map of that object lives. If a full garbage collection falls on a moment in which no tick is
// waiting, the map is collected, and each later tick of the process goes through the runtime: 40,000 instructions more
// per request, in one server by chance and not in another. A tick that is kept for ever keeps the map alive in every
// server.
import { createHook } from 'node:async_hooks'
import process from 'node:process'

const kept: object[] = []
const hook = createHook({
  init(_asyncId, type, _triggerAsyncId, resource) {
    if (type === 'TickObject') kept.push(resource)
  }
}).enable()
process.nextTick(() => {})
process.nextTick((_ticks: object[]) => {}, kept)
hook.disable()

/** Number of ticks that are kept; 2 unless a new Node keeps ticks elsewhere. */
export const keptTicks = (): number => kept.length
