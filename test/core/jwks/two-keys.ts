import { createRsaKey } from '../../fixtures/rsa-keys.js'

// The keys of two instances, for tests of the key store.

export const a = createRsaKey('ins_a')
export const b = createRsaKey('ins_b')
