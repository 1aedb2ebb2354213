import { OptionTypeError } from '../../core/errors.js'
import { describeType } from '../../core/options/given.js'
import { readOptions } from '../../core/options/table.js'
import type { BusCase } from './case.js'
import { DELIVERY_CASES } from './delivery-cases.js'
import { FOREIGN_MESSAGE_CASES } from './foreign-message-cases.js'
import { HEALTH_CASES } from './health-cases.js'
import { OUTAGE_CASES } from './outage-cases.js'
import { Scene } from './scene.js'
import { BUS_TEST, needed, type RevocationBusTestOptions, type RevocationBusWorld } from './world.js'

/** One case of the kit, for a test runner. */
export interface RevocationBusCase {
  /** The promise that is tried, as a sentence. */
  readonly name: string
  /** Why this case cannot be tried, as the option `without` says; false: it can. */
  readonly skip: string | false
  /** Rejects with `FST_CLERK_REVOCATION_BUS_PROMISE`, whose message names the broken promise. */
  run(): Promise<void>
}

const CASES: readonly BusCase[] = [...DELIVERY_CASES, ...OUTAGE_CASES, ...HEALTH_CASES, ...FOREIGN_MESSAGE_CASES]

/**
 * Tries a bus of one's own against everything that the package relies on, with any test runner:
 *
 * ```ts
 * for (const { name, skip, run } of testRevocationBus(makeWorld)) test(name, { skip }, run)
 * ```
 *
 * `make` is called once for each case that is not skipped, and gives buses over an engine that the case has for itself.
 * Cases can run at the same time if their worlds do not disturb each other. Throws the coded error of a bad option.
 */
export function testRevocationBus(
  make: () => RevocationBusWorld | Promise<RevocationBusWorld>,
  options: RevocationBusTestOptions = {}
): readonly RevocationBusCase[] {
  if (typeof make !== 'function') throw new OptionTypeError('testRevocationBus.make', 'a function', describeType(make))
  const { without, timeoutInMs } = readOptions(BUS_TEST, options, { path: 'testRevocationBus' })

  async function run({ needs = [], run }: BusCase): Promise<void> {
    const scene = new Scene(await make(), timeoutInMs)
    try {
      for (const fault of needs) if (fault !== 'memory') needed(scene.world, fault)
      await run(scene)
      scene.assertNothingInvented()
    } finally {
      await scene.end()
    }
  }

  return CASES.map((busCase) => ({
    name: busCase.name,
    skip: busCase.needs?.map((fault) => without[fault]).find((reason) => reason !== undefined) ?? false,
    run: () => run(busCase)
  }))
}
