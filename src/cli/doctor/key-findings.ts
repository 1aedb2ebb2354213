import type { InstanceSettings } from '../../core/options/instance-settings.js'
import type { DoctorCause } from './causes.js'
import type { ExaminationContext } from './examination-context.js'
import { type Finding, finding } from './finding.js'
import type { FoundKeySet, KeySetOrigin } from './key-sets.js'

/** What the key sets say about the keys that lead to them, the way there and the clock. */
export function examineKeySets(
  sets: readonly FoundKeySet[],
  settings: InstanceSettings,
  context: ExaminationContext
): readonly Finding[] {
  const find = (origin: KeySetOrigin) => sets.find((set) => set.origin === origin)
  return [
    ...examineFetches(sets, context),
    ...compareKeySets(find),
    ...examineProxy(find),
    ...examineClock(sets, settings.clockSkewInMs)
  ]
}

/** Whether the keys of two sets have nothing in common. A set that could not be had says nothing. */
function isForeign(a: FoundKeySet | undefined, b: FoundKeySet | undefined): boolean {
  if (a === undefined || b === undefined || a.keys.length === 0 || b.keys.length === 0) return false
  return !a.keys.some(({ n }) => b.keys.some((other) => other.n === n))
}

function compareKeySets(find: (origin: KeySetOrigin) => FoundKeySet | undefined): readonly Finding[] {
  const [publishable, secret] = [find('publishableKey') ?? find('proxyUrl'), find('secretKey')]
  const findings: Finding[] = []
  const areTwo = isForeign(publishable, secret)
  if (areTwo) findings.push(finding('keys-of-two-instances', ['publishableKey', 'secretKey']))
  for (const [origin, cause] of [
    ['jwtKey', 'jwt-key-of-another-instance'],
    ['jwks.keys', 'given-keys-of-another-instance']
  ] as const) {
    const others = [publishable, secret].filter((set) => set !== undefined && set.keys.length > 0)
    const own = find(origin)
    if (others.length > 0 && others.every((other) => isForeign(own, other))) {
      findings.push(finding(cause, [origin, ...others.flatMap((set) => set?.origin ?? [])]))
    }
  }
  return findings
}

function examineProxy(find: (origin: KeySetOrigin) => FoundKeySet | undefined): readonly Finding[] {
  const fapi = find('publishableKey')
  return (
    [
      ['proxyUrl', 'proxy-url-wrong'],
      ['domain', 'satellite-host-wrong']
    ] as const
  ).flatMap(([origin, cause]) => {
    const set = find(origin)
    if (set === undefined) return []
    if (set.failure !== null) return [finding(cause, [origin], describeFailure(set))]
    return isForeign(set, fapi) ? [finding(cause, [origin], 'It publishes the keys of another instance.')] : []
  })
}

function examineFetches(sets: readonly FoundKeySet[], context: ExaminationContext): readonly Finding[] {
  const given = sets.some(({ origin }) => origin === 'jwtKey' || origin === 'jwks.keys')
  const secret = sets.find(({ origin }) => origin === 'secretKey')
  return sets.flatMap((set) => {
    if (set.failure === null || set.origin === 'proxyUrl' || set.origin === 'domain') return []
    const options = set.origin === 'secretKey' ? ['secretKey', 'apiUrl'] : [set.origin]
    const cause = causeOf(set, context)
    const found = finding(cause, options, describeFailure(set))
    // Verification asks one endpoint: that of the secret key, if there is one.
    const isNeeded = !given && (set.origin === 'secretKey' || secret === undefined)
    if (isNeeded || cause === 'secret-key-refused') return [found]
    if (cause === 'not-a-clerk-instance') return [{ ...found, severity: 'warning' as const }]
    return [finding('frontend-api-away', options, describeFailure(set))]
  })
}

function describeFailure({ failure, code }: FoundKeySet): string {
  return `The failure: ${failure}${code === null ? '' : ` (${code})`}.`
}

function causeOf({ failure, code }: FoundKeySet, { env, ownsFetch }: ExaminationContext): DoctorCause {
  if (failure === 'secret-key-invalid') return 'secret-key-refused'
  if (failure === 'network' || failure === 'timeout') {
    if (!ownsFetch && ignoresProxy(env)) return 'egress-proxy-ignored'
    return failure === 'timeout' ? 'timeout' : causeOfCode(code)
  }
  if (failure === 'http-429') return 'rate-limited'
  if (failure !== null && /^http-5\d\d$/.test(failure)) return 'clerk-unwell'
  return failure === 'no-usable-key' || failure === 'empty' ? 'unusable-keys' : 'not-a-clerk-instance'
}

function causeOfCode(code: string | null): DoctorCause {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'host-unknown'
  if (code === 'ECONNREFUSED') return 'connection-refused'
  if (code !== null && /CERT|SIGNATURE|TLS|SSL/.test(code)) return 'certificate-refused'
  return code !== null && /TIMEOUT|TIMEDOUT/.test(code) ? 'timeout' : 'connection-lost'
}

function ignoresProxy(env: ExaminationContext['env']): boolean {
  const named = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']
  return named.some((name) => (env[name] ?? '') !== '') && env.NODE_USE_ENV_PROXY !== '1'
}

function examineClock(sets: readonly FoundKeySet[], clockSkewInMs: number): readonly Finding[] {
  const offset = clockOffsetOf(sets)
  if (offset === null || Math.abs(offset) <= clockSkewInMs) return []
  const seconds = Math.round(Math.abs(offset) / 1000)
  return [finding('clock-off', ['clockSkewInMs'], `It is ${seconds} s ${offset > 0 ? 'behind' : 'ahead'}.`)]
}

/** Clerk's clock minus ours, in ms, by the endpoint that answered; null: not known. */
export function clockOffsetOf(sets: readonly FoundKeySet[]): number | null {
  return sets.find(({ clockOffsetMs }) => clockOffsetMs !== null)?.clockOffsetMs ?? null
}
