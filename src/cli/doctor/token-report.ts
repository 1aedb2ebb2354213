import type { Instance } from '../../core/instance.js'
import { acceptsSessions, namesTokenType } from '../../core/options/accepts-token.js'
import type { InstanceSettings } from '../../core/options/instance-settings.js'
import { readCarried } from '../../core/request/read-carried.js'
import { machineTypeOfJwt, machineTypeOfPrefix } from '../../core/state/token-kind.js'
import { MAX_TOKEN_LENGTH } from '../../core/token/decode.js'
import type { UnverifiedToken } from '../../core/token/unverified-token.js'
import type { MachineTokenType } from '../../core/token-types.js'
import type { ExaminationContext } from './examination-context.js'
import { type Finding, finding, findingOfReason, inOrder } from './finding.js'
import { clockOffsetOf, examineKeySets } from './key-findings.js'
import { type FoundKeySet, findKeySets, type KeySetOrigin } from './key-sets.js'
import { createExaminedInstance, type ExaminedInstance } from './offline-instance.js'
import { type Report, renderCauses, renderTable } from './report.js'
import { checkToken, type TokenCheck } from './token-checks.js'
import { describeMalformed, readTokenText } from './token-text.js'

export interface TokenReport extends Report {
  readonly subject: 'token'
  /** `undecided`: only Clerk, or a key set that could not be had, can tell. */
  readonly verdict: 'accepted' | 'refused' | 'undecided'
  /** Of a refusal, or of why it is undecided; null: accepted. */
  readonly reason: string | null
  readonly kind: 'session_token' | MachineTokenType
  readonly checks: readonly TokenCheck[]
}

interface Verdict extends Pick<TokenReport, 'verdict' | 'reason'> {
  /** What the plugin says of a machine token. Constant text. */
  readonly message?: string | null
}

export async function examineToken(
  text: string,
  settings: InstanceSettings,
  context: ExaminationContext
): Promise<TokenReport> {
  const { token: given, isBare } = readTokenText(text)
  const { instance } = await createExaminedInstance(settings, context.isOffline)
  try {
    const token = instance.verifier.decode(given)
    const machine = machineTypeOfPrefix(given) ?? (token === null ? null : machineTypeOfJwt(token))
    const kind = machine ?? 'session_token'
    const verdict =
      machine === null ? await judgeSession(given, instance) : await judgeMachine(given, machine, instance)
    const checks = token === null || machine !== null ? [] : await checkToken(token, instance)
    const causes =
      verdict.verdict === 'accepted' ? [] : await explain({ given, token, kind, verdict, checks, settings, context })
    const notes = isBare ? [] : [finding('token-not-bare')]
    return {
      version: 1,
      subject: 'token',
      exitCode: verdict.verdict === 'accepted' ? 0 : verdict.reason === ONLY_CLERK ? 2 : 1,
      causes: [...causes, ...notes],
      verdict: verdict.verdict,
      reason: verdict.reason,
      kind,
      checks
    }
  } finally {
    await instance.close()
  }
}

const ONLY_CLERK = 'only-clerk-can-tell'
const ACCEPTED: Verdict = { verdict: 'accepted', reason: null }

async function judgeSession(token: string, instance: Instance): Promise<Verdict> {
  if (!acceptsSessions(instance.settings.acceptsToken)) return { verdict: 'refused', reason: 'token-type-mismatch' }
  const result = await instance.verifyToken(token)
  if (result.ok) return ACCEPTED
  return { verdict: result.retryAfterSeconds === null ? 'refused' : 'undecided', reason: result.reason }
}

/** As the plugin answers a request that carries it in the header. */
async function judgeMachine(token: string, type: MachineTokenType, instance: Instance): Promise<Verdict> {
  const { acceptsToken, audience, requireAudience } = instance.settings
  if (acceptsToken !== 'any' && !namesTokenType(acceptsToken, type)) {
    return { verdict: 'refused', reason: 'token-type-mismatch' }
  }
  if (instance.verifier.decode(token) === null) return { verdict: 'undecided', reason: ONLY_CLERK }
  const source = { method: 'POST', target: '/', headers: {}, protocol: 'https', host: 'localhost', token }
  const state = await instance.authenticate(readCarried(source, instance.readCookies), {
    acceptsToken,
    allowsHandshake: false,
    audience: { values: audience, isRequired: requireAudience }
  })
  if (state.status === 'signed-in') return ACCEPTED
  const { reason } = state
  const isUndecided = 'retryAfterSeconds' in state.auth && state.auth.retryAfterSeconds !== null
  return { verdict: isUndecided ? 'undecided' : 'refused', reason, message: state.message }
}

/** The likely causes of why a session token is refused; the last is the reason itself. Empty: it is accepted. */
export async function causesOfSession(
  given: string,
  { instance, settings }: ExaminedInstance,
  context: ExaminationContext
): Promise<readonly Finding[]> {
  const token = instance.verifier.decode(given)
  const verdict = await judgeSession(given, instance)
  if (verdict.reason === null) return []
  const checks = token === null ? [] : await checkToken(token, instance)
  return explain({ given, token, kind: 'session_token', verdict, checks, settings, context })
}

interface Case {
  readonly given: string
  readonly token: UnverifiedToken | null
  readonly kind: TokenReport['kind']
  readonly verdict: Verdict
  readonly checks: readonly TokenCheck[]
  readonly settings: InstanceSettings
  readonly context: ExaminationContext
}

/** The likely causes, that which explains the others first, then the reason itself, then what may be beside the point. */
async function explain(examined: Case): Promise<readonly Finding[]> {
  const { given, token, verdict, settings, context, kind, checks } = examined
  const { reason } = verdict
  if (reason === null) return []
  if (reason === 'session-pending') return [finding(reason)]
  if (reason === ONLY_CLERK) return [finding(ONLY_CLERK, [kind])]
  if (token === null && kind === 'session_token') {
    const cause = given.length > MAX_TOKEN_LENGTH ? 'token-too-long' : 'token-malformed'
    return [finding(cause, [], describeMalformed(given)), findingOfReason(reason)]
  }
  if (token === null) return [findingOfReason(reason, '', kind)]
  const sets = await findKeySets(settings, context.isOffline)
  const ofKeys = examineKeySets(sets, settings, context)
  const offsetMs = clockOffsetOf(sets)
  const isForeign =
    kind === 'session_token' && checks.some(({ check, answer }) => check === 'issuer' && answer === 'failed')
  const said: Finding[] = []
  if (KEY_REASONS.has(reason)) {
    if (isForeign) said.push(finding('token-of-another-instance', ['publishableKey']))
    said.push(...ofKeys.filter(({ cause }) => cause !== 'clock-off'))
    if (reason === 'jwk-kid-mismatch' && areLikelyOfTwo(examined, sets))
      said.push(finding('keys-likely-of-two-instances', ['publishableKey', 'secretKey']))
    if (context.isOffline && verdict.verdict === 'undecided') said.push(finding('keys-not-fetched'))
  }
  if (reason === 'token-invalid-issuer') said.push(finding('token-of-another-instance', ['publishableKey', 'issuer']))
  if (TIME_REASONS.has(reason) && offsetMs !== null && isGoodByClerk(token, settings, offsetMs)) {
    said.push(...ofKeys.filter(({ cause }) => cause === 'clock-off'))
  }
  const failed = checks.filter((check) => check.reason === reason).map(({ check, says }) => `${check}: ${says}.`)
  const ordered = inOrder(said)
  const isWarning = ({ severity }: Finding) => severity === 'warning'
  return [
    ...ordered.filter((each) => !isWarning(each)),
    findingOfReason(reason, failed[0] ?? verdict.message, kind),
    ...ordered.filter(isWarning)
  ]
}

/** By the token alone: the sets could not be compared. */
function areLikelyOfTwo({ checks, settings }: Case, sets: readonly FoundKeySet[]): boolean {
  const set = (origin: KeySetOrigin) => sets.find((each) => each.origin === origin)
  const isOfPublishable = checks.some(({ check, answer }) => check === 'issuer' && answer === 'passed')
  return (
    settings.publishableKey !== null &&
    settings.issuers.length > 0 &&
    isOfPublishable &&
    typeof set('publishableKey')?.failure === 'string' &&
    set('secretKey')?.failure === null
  )
}

const KEY_REASONS: ReadonlySet<string> = new Set([
  'jwk-kid-mismatch',
  'token-invalid-signature',
  'jwk-remote-failed-to-load',
  'secret-key-invalid'
])
const TIME_REASONS: ReadonlySet<string> = new Set(['token-expired', 'token-not-active-yet', 'token-iat-in-the-future'])

/** Whether the times of the token are good by the clock of Clerk. */
function isGoodByClerk(
  { claims }: UnverifiedToken,
  { now, clockSkewInMs }: InstanceSettings,
  offsetMs: number
): boolean {
  const nowMs = now() + offsetMs
  const isPast = (value: unknown) => typeof value !== 'number' || value * 1000 <= nowMs + clockSkewInMs
  return (
    typeof claims.exp === 'number' &&
    claims.exp * 1000 > nowMs - clockSkewInMs &&
    isPast(claims.nbf) &&
    isPast(claims.iat)
  )
}

export function renderToken({ causes, verdict, reason, kind, checks }: TokenReport): string {
  const words = {
    session_token: 'session token',
    api_key: 'API key',
    m2m_token: 'M2M token',
    oauth_token: 'OAuth access token'
  }
  const head = `The ${words[kind]} is ${verdict}${reason === null ? '' : `: ${reason}`}\n`
  const rows = checks.map(({ check, answer, says }) => [check, answer, says])
  const sections = [
    head,
    rows.length === 0 ? '' : `${renderTable(rows)}\n`,
    causes.length === 0 ? '' : renderCauses(causes)
  ]
  return sections.filter((section) => section !== '').join('\n')
}
