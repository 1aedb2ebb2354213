import type { BackendApi } from '../backend-api/backend-api.js'
import { createMachineVerifier, type MachineVerifier } from '../machine/machine-verifier.js'
import type { InstanceSettings } from '../options/instance-settings.js'
import type { RevocationLook } from '../revocation/blind-while-away.js'
import type { Revocations } from '../revocation/types.js'
import type { Verifier } from '../token/verifier.js'

export interface MachineTokenParts {
  readonly backendApi: BackendApi | null
  readonly verifySignature: Verifier['verifySignature']
  readonly revocations: Revocations
  /** `revocations`, or what refuses all while the bus is away. */
  readonly revocationLook: RevocationLook
}

/** The verifier of machine tokens, made for the first of them: most instances never see one. */
export function createMachineTokens(
  settings: InstanceSettings,
  { backendApi, verifySignature, revocations, revocationLook }: MachineTokenParts
): Pick<MachineVerifier, 'verify' | 'recall' | 'rest'> {
  const { machineTokens } = settings
  let verifier: MachineVerifier | undefined

  function make(): MachineVerifier {
    revocations.expectMachineTokens()
    const made = createMachineVerifier({
      backendApi,
      verifySignature,
      clockSkewMs: settings.clockSkewInMs,
      isDevelopment: settings.instanceType === 'development',
      cacheTtlMs: machineTokens.cacheTtlInMs,
      negativeCacheTtlMs: machineTokens.negativeCacheTtlInMs,
      maxEntries: machineTokens.maxEntries,
      maxConcurrency: machineTokens.maxConcurrency,
      jwtOnly: machineTokens.jwtOnly,
      revocations: revocationLook,
      now: settings.now
    })
    // Revocations that gave way to a watermark are known no more: of opaque tokens, Clerk is to say again what they are.
    revocations.onRevoked(({ kind }) => {
      if (kind === 'all-machine-jwts') made.askAgain()
    })
    return made
  }

  return {
    verify(type, text, token) {
      verifier ??= make()
      return verifier.verify(type, text, token)
    },
    recall: (text) => verifier?.recall(text),
    rest: () => verifier?.rest()
  }
}
