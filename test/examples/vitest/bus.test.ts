import { createMemoryBus, testRevocationBus } from 'fastify-clerk-auth/revocation'
import { test } from 'vitest'

// The conformance kit for revocation buses. A bus of the application's own goes in the place of this one.
const reason = 'it is in the memory of one process'
const without = {
  stop: reason,
  startAgain: reason,
  startEmpty: reason,
  cutOff: reason,
  send: reason,
  sendRaw: reason,
  memory: reason
}

for (const { name, skip, run } of testRevocationBus(() => ({ bus: createMemoryBus() }), { without })) {
  test.skipIf(skip)(name, run)
}
