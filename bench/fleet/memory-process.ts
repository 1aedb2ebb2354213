// Memory of what each process of a fleet holds, measured in a process that is started with --expose-gc.
import { serve } from '../measure/child.js'
import { startBuses } from './bus-story.js'
import { createFleet } from './fleet.js'

export interface FleetMemoryInput {
  readonly size: number
  readonly seed: number
  readonly revocations: number
}

/** Bytes of heap and external memory for each process. */
export interface FleetMemory {
  readonly keyStoreBytes: number
  readonly busBytes: number
  /** With so many revocations held as the input says. */
  readonly busWithRevocationsBytes: number
}

const MINUTE_MS = 60_000

function heapUsed(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function measure({ size, seed, revocations }: FleetMemoryInput): Promise<FleetMemory> {
  // What is made once for all, such as compiled code, is made before.
  const small = createFleet({ size: 5, sharing: 'turns', seed })
  for (let place = 0; place < 5; place++) small.restart(place)
  await small.time.pass(MINUTE_MS)
  small.close()

  const before = heapUsed()
  const fleet = createFleet({ size, sharing: 'turns', seed })
  for (let place = 0; place < size; place++) fleet.restart(place)
  await fleet.time.pass(MINUTE_MS)
  const keyStoreBytes = (heapUsed() - before) / size
  fleet.close()

  const beforeBuses = heapUsed()
  const buses = startBuses({ size, seed })
  await buses.time.pass(MINUTE_MS / 2)
  const busBytes = (heapUsed() - beforeBuses) / size
  for (let i = 0; i < revocations; i++) void buses.processes[i % size]?.revoke({ sessionId: buses.sessionId(i) })
  await buses.time.pass(MINUTE_MS / 2)
  const busWithRevocationsBytes = (heapUsed() - beforeBuses) / size
  await Promise.all(buses.processes.map((process) => process.close()))
  return { keyStoreBytes, busBytes, busWithRevocationsBytes }
}

serve(measure)
