import { serializeRevocation } from '../../core/revocation/wire-format.js'
import type { BusCase } from './case.js'
import { assert } from './scene.js'
import { needed } from './world.js'

/** In the place of a serialized revocation: what a later version of the package, or an attacker, might put there. */
const UNKNOWN_ROWS: readonly unknown[] = [
  ['some_kind', 'id_1', null, null, Date.now(), { reason: 'of a later version' }],
  { version: 99, revoke: [{ kind: 'planet', id: 'earth' }] },
  ['s_1', 'u_1', 'o_1', Date.now()],
  ['s_1', null, null, 'soon'],
  ['s_1', null, null, null],
  [{}, [], 7, Date.now()],
  ['x'.repeat(100_000), null, null, Date.now()],
  ['__proto__'],
  [],
  null,
  true,
  -1,
  'revoke'
]

const UNKNOWN_TEXTS: readonly string[] = [
  'junk',
  '{}',
  'null',
  '0',
  '""',
  '[',
  '[[]]',
  '[1,null]',
  '[["a"]]',
  '{"__proto__":{"connected":true}}',
  '{"version":99,"rows":[]}',
  `["${'x'.repeat(5_000)}"]`
]

/** What a bus makes of messages that are not of its own making. */
export const FOREIGN_MESSAGE_CASES: readonly BusCase[] = [
  {
    name: 'a revocation of a form that this version does not know is ignored, and those beside it are not lost',
    needs: ['send'],
    async run(scene) {
      const [one, two] = [await scene.start(), await scene.start()]
      const [first, last] = [scene.revocation(), scene.revocation()]
      for (const revocation of [first, last]) scene.made(revocation)
      await needed(scene.world, 'send')([serializeRevocation(first), ...UNKNOWN_ROWS, serializeRevocation(last)])
      for (const { peer } of [one, two]) {
        for (const revocation of [first, last]) {
          await scene.untilHeld(peer, revocation, 'a message with an unknown revocation in it loses none of the others')
        }
      }
      const later = scene.revocation()
      await one.tell(later)
      await scene.untilHeld(two.peer, later, 'the bus works on after a message of an unknown form')
      const late = await scene.start()
      for (const revocation of [first, last, later]) {
        assert(
          late.peer.holds(revocation),
          'unknown entries of the engine keep no known one from those that start later'
        )
      }
    }
  },
  {
    name: 'a message that is not of this bus is ignored',
    needs: ['sendRaw'],
    async run(scene) {
      const [one, two] = [await scene.start(), await scene.start()]
      for (const text of UNKNOWN_TEXTS) await needed(scene.world, 'sendRaw')(text)
      const revocation = scene.revocation()
      await one.tell(revocation)
      await scene.untilHeld(two.peer, revocation, 'the bus works on after a message that is not of its making')
      for (const process of [one, two]) {
        assert(process.health().connected, 'a message that is not of this bus does not take it away')
      }
    }
  }
]
