import { OptionTypeError } from '../../core/errors.js'
import { checkFunction, checkMembers, checkText } from '../../core/options/checks.js'
import { wholeNumber } from '../../core/options/readers.js'
import { type OptionTable, option } from '../../core/options/table.js'
import type { RevocationBus } from '../../core/revocation/bus.js'

/** What one case starts with: an engine that no other case uses, and buses over it. */
export interface RevocationBusWorld {
  /**
   * Makes the bus of one more process, not open yet. `now` is the clock of that process; a bus that reads no clock
   * ignores it. Buses keep revocations for at least an hour.
   */
  bus(process: { readonly now: () => number }): RevocationBus | Promise<RevocationBus>
  /** Takes the engine away from all processes: it crashes, or its network goes. */
  stop?(): unknown
  /** Brings the engine back with all that it held when it stopped. */
  startAgain?(): unknown
  /** Brings the engine back without memory. */
  startEmpty?(): unknown
  /**
   * Takes the engine away from the process of this bus alone. Messages that are sent meanwhile are lost to that
   * process. Resolves when the way is cut, to the function that mends it.
   */
  cutOff?(bus: RevocationBus): CutOff | Promise<CutOff>
  /**
   * Sends one message as a process of another version does: each value stands where `serializeRevocation()` would
   * stand, in the message and in what the engine keeps for processes that start later.
   */
  send?(rows: readonly unknown[]): unknown
  /** Sends a text as it is to where the buses listen, as anybody with access to the engine can. */
  sendRaw?(text: string): unknown
  /** Ends the engine. The kit has closed all buses before. */
  close?(): unknown
}

/** Mends what `cutOff` has cut. */
export type CutOff = () => unknown

/**
 * What a world may be unable to do: its optional methods; and `memory`, for an engine that keeps nothing once no
 * process is there.
 */
export type RevocationBusFault = 'stop' | 'startAgain' | 'startEmpty' | 'cutOff' | 'send' | 'sendRaw' | 'memory'

export interface RevocationBusTestOptions {
  /**
   * Faults that cannot be had, each with the reason. Cases that need one are skipped with that reason. A fault that is
   * neither here nor in the world fails its cases. Default: none.
   */
  readonly without?: { readonly [Fault in RevocationBusFault]?: string | undefined } | undefined
  /** How long a case waits for an effect on another process, and for each call of the bus. Default 10000, 10 to 600000. */
  readonly timeoutInMs?: number | undefined
}

export const FAULTS: readonly RevocationBusFault[] = [
  'stop',
  'startAgain',
  'startEmpty',
  'cutOff',
  'send',
  'sendRaw',
  'memory'
]

export const BUS_TEST = {
  without: option<NonNullable<RevocationBusTestOptions['without']>, Readonly<Record<string, string | undefined>>>(
    (given) => {
      for (const name of Object.keys(checkMembers<string>(given, checkText) ?? {})) {
        if (!(FAULTS as readonly string[]).includes(name)) {
          throw new OptionTypeError(
            given.name,
            `an object with names among ${FAULTS.join(', ')}`,
            'one with another name'
          )
        }
      }
      return checkMembers<string>(given, checkText) ?? {}
    }
  ),
  timeoutInMs: wholeNumber({ min: 10, max: 600_000, default: 10_000 })
} satisfies OptionTable<RevocationBusTestOptions>

/** A method of the world that a case needs. Throws `FST_CLERK_OPTION_TYPE`: the author has to give it, or a reason. */
export function needed<Name extends keyof RevocationBusWorld>(
  world: RevocationBusWorld,
  name: Name
): NonNullable<RevocationBusWorld[Name]> {
  const method = checkFunction<NonNullable<RevocationBusWorld[Name]>>({
    name: `${String(name)} of the world`,
    value: world[name]
  })
  if (method !== undefined) return method.bind(world) as typeof method
  throw new OptionTypeError(`${name} of the world`, 'a function, or named in the option without', 'undefined')
}
