import t from 'tap'
import { createMemoryBus } from '../../../src/revocation/index.js'
import { conform } from '../../fixtures/conformance.js'

const engine = 'the process itself is the engine'
const wire = 'nothing is between the buses: they call each other'

t.test('the memory bus', (t) =>
  conform(t, () => ({ bus: createMemoryBus() }), {
    without: {
      stop: engine,
      startAgain: engine,
      startEmpty: engine,
      cutOff: wire,
      send: wire,
      sendRaw: wire,
      memory: 'the peers hold the revocations'
    }
  })
)
