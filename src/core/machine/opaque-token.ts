import type { MachineAuth } from '../auth/types.js'
import type { BackendApi } from '../backend-api/backend-api.js'
import type { CallGate } from '../backend-api/call-gate.js'
import { type BackendFailure, MISCONFIGURED_RETRY_SECONDS, retrySecondsOf } from '../backend-api/result.js'
import { toRetryAfterSeconds } from '../retry-after.js'
import type { MachineTokenType } from '../token-types.js'
import { MACHINE_TYPES } from './machine-types.js'
import type { VerifiedData } from './opaque-answers.js'
import type { OpaqueCache } from './opaque-cache.js'
import {
  type MachineFailure,
  type MachineOutcome,
  type MachineRevocationCheck,
  machineFailure,
  verifiedMachineToken
} from './outcome.js'

export interface OpaqueTokenSettings {
  /** Null without any secret key. */
  readonly backendApi: BackendApi | null
  readonly cache: OpaqueCache
  readonly gate: CallGate
  readonly revocations: Pick<MachineRevocationCheck, 'observeMachine'>
}

/** Longer than any opaque token of Clerk; bounds the cost of a look-up. */
const MAX_LENGTH = 512

/** The characters of a bearer token: `b64token` of RFC 6750 section 2.1. */
const B64_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/

/**
 * Asks Clerk about opaque tokens (machine/README.md section 3) so that nobody can spend the instance's call quota by
 * making tokens up: form, memory, calls under way and the gate come before the call.
 */
export function createOpaqueTokenVerifier(
  settings: OpaqueTokenSettings
): (type: MachineTokenType, token: string) => MachineOutcome | Promise<MachineOutcome> {
  const { backendApi, cache, gate, revocations } = settings
  const underWay = new Map<string, Promise<MachineOutcome>>()

  function verify(type: MachineTokenType, token: string): MachineOutcome | Promise<MachineOutcome> {
    if (token.length > MAX_LENGTH || !B64_TOKEN.test(token)) return malformed(type)
    const known = cache.find(token) ?? underWay.get(token)
    if (known !== undefined) return known
    if (backendApi === null) return keyless(type)
    const isFamiliar = cache.wasGood(token)
    const waitMs = gate.enter(isFamiliar)
    if (waitMs > 0) return busy(type, toRetryAfterSeconds(waitMs))

    const outcome = ask(backendApi, type, token).finally(() => {
      underWay.delete(token)
      gate.leave(isFamiliar)
    })
    underWay.set(token, outcome)
    return outcome
  }

  async function ask(api: BackendApi, type: MachineTokenType, token: string): Promise<MachineOutcome> {
    const answer = await MACHINE_TYPES[type].ask(api, token)
    if (!answer.ok) {
      const failure = failureOf(type, answer)
      if (failure.retryAfterSeconds === null) cache.add(token, failure, 0)
      return failure
    }
    const { expiresAtMs } = answer.value
    const outcome = judge(type, answer.value)
    cache.add(token, outcome, expiresAtMs)
    return outcome
  }

  function judge(type: MachineTokenType, { isOver, audience, data }: VerifiedData<MachineAuth>): MachineOutcome {
    if (isOver) return machineFailure(type, 'token-invalid', 'The token has been revoked or has expired.')
    const verified = verifiedMachineToken(data, audience, true)
    revocations.observeMachine(verified)
    return verified
  }

  return verify
}

/** Refused by its form: Clerk was not asked, so the message has no status. */
function malformed(type: MachineTokenType): MachineFailure {
  return machineFailure(type, 'token-invalid', 'The token is too long, or no bearer token of RFC 6750 section 2.1.')
}

/** Clerk has answered 404. */
function notFound(type: MachineTokenType): MachineFailure {
  return machineFailure(type, 'token-invalid', MACHINE_TYPES[type].notFound, 404)
}

function busy(type: MachineTokenType, retryAfterSeconds: number): MachineFailure {
  const text = 'Too many unknown tokens at once: this one has not been judged.'
  return machineFailure(type, 'unexpected-error', text, null, retryAfterSeconds)
}

/** No token of this kind will ever be good here, so it is refused: anybody can make one up, and 503 would be an error of ours. */
function keyless(type: MachineTokenType): MachineFailure {
  return machineFailure(
    type,
    'token-invalid',
    'Opaque tokens are verified by Clerk, which needs the option secretKey: without it none is accepted.'
  )
}

function failureOf(type: MachineTokenType, failure: BackendFailure): MachineFailure {
  const { status } = failure
  if (failure.kind === 'keyless') return keyless(type)
  if (status === 404) return notFound(type)
  if (status === 401) {
    const text = 'Clerk refuses the secret key. Check secretKey or CLERK_SECRET_KEY.'
    return machineFailure(type, 'secret-key-invalid', text, status, MISCONFIGURED_RETRY_SECONDS)
  }
  const text =
    failure.kind === 'http'
      ? 'Clerk answered with an error about the token.'
      : 'Clerk could not be asked about the token.'
  return machineFailure(type, 'unexpected-error', text, status, retrySecondsOf(failure))
}
