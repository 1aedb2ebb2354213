import { type AudienceRule, isForAudience } from '../machine/audience.js'
import type { MachineOutcome, VerifiedMachineToken } from '../machine/outcome.js'
import { type AcceptsToken, namesTokenType } from '../options/accepts-token.js'
import { parseAuthorization } from '../request/authorization.js'
import { neverAuthenticates } from '../request/method.js'
import { textOf } from '../request/read-carried.js'

/**
 * The opaque machine token of a request, if Clerk's word for it is remembered and the route accepts it; null: the state machine
 * has to decide.
 */
export type KnownMachine = (
  method: string,
  authorization: string | string[] | undefined,
  acceptsToken: AcceptsToken,
  audience: AudienceRule
) => VerifiedMachineToken | null

/**
 * The hot path of opaque machine tokens. A token it returns is the one that the state machine would have accepted
 * (test/core/state/known-machine.test.ts compares the two).
 */
export function compileKnownMachine(recall: (text: string) => MachineOutcome | undefined): KnownMachine {
  return function knownMachine(method, authorization, acceptsToken, audience) {
    if (neverAuthenticates(method)) return null
    const token = parseAuthorization(textOf(authorization))
    if (token === '') return null
    const known = recall(token)
    if (known === undefined || !known.ok) return null
    if (acceptsToken !== 'any' && !namesTokenType(acceptsToken, known.type)) return null
    return isForAudience(known.type, known.audience, audience) ? known : null
  }
}
