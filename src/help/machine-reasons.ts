import type { MachineFailureReason } from '../core/machine/outcome.js'
import type { Help } from './help.js'

/** Reasons of machine tokens: API keys, M2M tokens, OAuth access tokens. */
export const machineReasonHelp: Readonly<Record<MachineFailureReason, Help>> = {
  'token-invalid': {
    cause:
      'Clerk does not know the token, it has ended, it is malformed, or it is opaque and there is no `secretKey` to ask Clerk with.',
    cure: 'Make a new token. Look whether it belongs to the instance whose secret key this server has.'
  },
  'token-revoked': {
    cause: 'A revocation covers the token, whatever Clerk says of it.',
    cure: 'Make a new token. `fastify.clerk.revoke` and webhooks make revocations.',
    see: 'revocation/README.md'
  },
  'revocation-bus-away': {
    cause:
      "With `revocation.whenBusIsAway: 'refuse'`: whether the token was revoked cannot be told, as the bus is away. Answered with 503.",
    cure: 'Mend the bus, see [Causes of a bus that is away](#causes-of-a-bus-that-is-away).',
    see: 'revocation/README.md#while-the-bus-is-away'
  },
  'token-verification-failed': {
    cause: 'Signature, `typ` or claims of a JWT are not those of such a token, or it is for another audience.',
    cure: 'If `audience` is set, the client has to ask for a token for that resource (RFC 8707).',
    see: 'core/auth/README.md#machine-tokens'
  },
  'secret-key-invalid': {
    cause: 'Clerk refuses the secret key (`secretKey`, `machineSecretKey`). Answered with 503.',
    cure: 'Copy the key again from the Clerk dashboard.'
  },
  'unexpected-error': {
    cause: 'Clerk could not be asked, or answered another error. Answered with 503 unless Clerk has judged the token.',
    cure: 'The message ends with Clerk’s status. See [Causes of a failed call](#causes-of-a-failed-call).'
  }
}
