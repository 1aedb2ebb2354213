// Node 20 makes the object of every `process.nextTick` from a literal with computed keys. V8 stores these quickly as long as
// the object's map lives; if a full collection falls where no tick is waiting, the map goes, and from then on each tick of that process is
// stored by the runtime: 40,000 instructions more a request, by chance, for one server and not for another. One tick
// kept for good keeps its map, so that no server of a comparison is slower for what none of them can help.
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

/** How many ticks are kept: it must be the two of above. */
export const keptTicks = (): number => kept.length
