import { explainFetchFailure, type FetchWord } from '../../core/fetch-cause.js'
import { areOfDifferentInstances } from '../../core/jwks/instance-mismatch.js'
import type { FetchFailure } from '../../core/jwks/source.js'
import type { InstanceSettings } from '../../core/options/instance-settings.js'
import type { DoctorCause } from './causes.js'
import { ignoredProxy } from './egress-proxy.js'
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
    ...examineFetches(sets, settings, context),
    ...compareKeySets(find),
    ...examineProxy(find),
    ...examineClock(sets, settings.clockSkewInMs)
  ]
}

/** A set that could not be had says nothing. */
function areForeign(one: FoundKeySet | undefined, other: FoundKeySet | undefined): boolean {
  return one !== undefined && other !== undefined && areOfDifferentInstances(one.keys, other.keys)
}

function compareKeySets(find: (origin: KeySetOrigin) => FoundKeySet | undefined): readonly Finding[] {
  const [publishable, secret] = [find('publishableKey') ?? find('proxyUrl'), find('secretKey')]
  const findings: Finding[] = []
  const areTwo = areForeign(publishable, secret)
  if (areTwo) findings.push(finding('keys-of-two-instances', ['publishableKey', 'secretKey']))
  for (const [origin, cause] of [
    ['jwtKey', 'jwt-key-of-another-instance'],
    ['jwks.keys', 'given-keys-of-another-instance']
  ] as const) {
    const others = [publishable, secret].filter((set) => set !== undefined && set.keys.length > 0)
    const own = find(origin)
    if (others.length > 0 && others.every((other) => areForeign(own, other))) {
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
    if (set === undefined || set.isUnsettled) return []
    if (set.failure !== null) return [finding(cause, [origin], describeFailure(set.failure))]
    return areForeign(set, fapi) ? [finding(cause, [origin], 'It publishes the keys of another instance.')] : []
  })
}

function examineFetches(
  sets: readonly FoundKeySet[],
  { apiUrl, frontendApi }: InstanceSettings,
  context: ExaminationContext
): readonly Finding[] {
  const given = sets.some(({ origin }) => origin === 'jwtKey' || origin === 'jwks.keys')
  const secret = sets.find(({ origin }) => origin === 'secretKey')
  if (sets.some(({ isUnsettled }) => isUnsettled)) return [finding('option-fetch-unsettled', ['fetch'])]
  return sets.flatMap((set) => {
    if (set.failure === null || set.origin === 'proxyUrl' || set.origin === 'domain') return []
    const options = set.origin === 'secretKey' ? ['secretKey', 'apiUrl'] : [set.origin]
    const host = set.origin === 'secretKey' ? new URL(apiUrl).hostname : (frontendApi ?? '')
    const found = findingOfFailure(set.failure, options, host, context)
    // Verification asks one endpoint: that of the secret key, if there is one.
    const isNeeded = !given && (set.origin === 'secretKey' || secret === undefined)
    if (isNeeded || set.failure === 'secret-key-invalid') return [found]
    return [finding('frontend-api-away', options, describeFailure(set.failure))]
  })
}

/** Words with which a connection fails: no answer came from Clerk, nor from another in its place. */
const UNANSWERED: readonly FetchWord[] = ['dns', 'refused', 'unreachable', 'timeout', 'closed', 'network']

function findingOfFailure(
  failure: FetchFailure,
  options: readonly string[],
  host: string,
  context: ExaminationContext
): Finding {
  const { word, code, cause, cure } = explainFetchFailure(failure)
  if (word === 'secret-key-invalid') return finding('secret-key-refused', options)
  const proxy = UNANSWERED.includes(word) && !context.ownsFetch ? ignoredProxy(context.env, host) : null
  if (proxy !== null) return finding('egress-proxy-ignored', ['fetch'], `${proxy} is set. ${describeFailure(failure)}`)
  if (word === 'http') return finding(causeOfStatus(Number(code)), options, describeFailure(failure))
  const message = `The key set cannot be had: ${cause}${code === null ? '' : ` (${code})`}.`
  return { cause: `fetch-${word}`, severity: 'error', options, message, cure: `${sentence(cure)}.` }
}

function causeOfStatus(status: number): DoctorCause {
  if (status === 429) return 'rate-limited'
  return status >= 500 ? 'clerk-unwell' : 'not-a-clerk-instance'
}

/** What was seen, as a sentence of its own. */
function describeFailure(failure: FetchFailure): string {
  const { word, code, cause } = explainFetchFailure(failure)
  return word === 'http' ? `It answered ${code}.` : `${sentence(cause)}${code === null ? '' : ` (${code})`}.`
}

function sentence(clause: string): string {
  return clause.charAt(0).toUpperCase() + clause.slice(1)
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
