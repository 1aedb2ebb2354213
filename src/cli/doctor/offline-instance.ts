import { createInstance, type Instance } from '../../core/instance.js'
import type { InstanceSettings } from '../../core/options/instance-settings.js'
import { whileAwaited } from '../../core/timers.js'

/** A call to Clerk that would have sent something of the request, and was not made. */
export type WithheldCall = 'refresh' | 'handshake-nonce' | 'machine-token'

export interface ExaminedInstance {
  readonly instance: Instance
  /** Those of the application: the instance has others, for the examination. */
  readonly settings: InstanceSettings
  readonly withheld: ReadonlySet<WithheldCall>
  /** What it has written to the log: constant texts. */
  readonly logged: readonly string[]
}

/**
 * The instance of the application, judging as it would, with nothing of the judged sent anywhere: of the network it gets
 * public key sets alone, with `isOffline` not even these. It writes no snapshot and joins no bus.
 */
export async function createExaminedInstance(
  settings: InstanceSettings,
  isOffline: boolean
): Promise<ExaminedInstance> {
  const withheld = new Set<WithheldCall>()
  const logged: string[] = []
  const write = (_fields: object, message: string) => {
    logged.push(message)
  }
  const keyUrls = isOffline ? [] : keyUrlsOf(settings)
  const guardedFetch: typeof globalThis.fetch = async (input, init) => {
    const url = String(input)
    if (keyUrls.includes(url) && (init?.method ?? 'GET') === 'GET' && init?.body === undefined) {
      return settings.fetch(url, init)
    }
    const call = callOf(url)
    if (call !== null) withheld.add(call)
    throw new TypeError('withheld')
  }
  const instance = createInstance({
    ...settings,
    fetch: guardedFetch,
    jwks: {
      ...settings.jwks,
      snapshot: null,
      warmUp: isOffline ? false : 'wait-or-degrade',
      pollWhenIdle: false,
      // One question at a time is asked here: no flood has to be spaced out.
      cooldownInMs: 0
    },
    revocation: { ...settings.revocation, bus: null, whenBusIsAway: 'local' },
    logger: { debug() {}, info() {}, warn: write, error: write }
  })
  // Rejects for a secret key that is refused: the findings about keys say so.
  await whileAwaited(instance.ready().catch(() => {}))
  return { instance, settings, withheld, logged }
}

function keyUrlsOf({ apiUrl, apiVersion, frontendApi }: InstanceSettings): readonly string[] {
  const fapi = frontendApi === null ? [] : [`https://${frontendApi}/.well-known/jwks.json`]
  return [`${apiUrl.replace(/\/+$/, '')}/${apiVersion}/jwks`, ...fapi]
}

function callOf(url: string): WithheldCall | null {
  if (url.includes('/handshake_payload')) return 'handshake-nonce'
  if (/\/sessions\/[^/]+\/refresh/.test(url)) return 'refresh'
  return url.endsWith('/verify') ? 'machine-token' : null
}
