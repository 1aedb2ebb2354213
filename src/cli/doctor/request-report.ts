import type { Instance } from '../../core/instance.js'
import type { InstanceSettings } from '../../core/options/instance-settings.js'
import type { Carried } from '../../core/request/carried.js'
import { neverAuthenticates } from '../../core/request/method.js'
import { isOfOwnOrigin, isWorthForging } from '../../core/request/own-origin.js'
import { readCarried } from '../../core/request/read-carried.js'
import { type DecisionPath, explainDecision } from '../../core/state/explanation.js'
import type { RequestState } from '../../core/state/request-state.js'
import { createStateSettings } from '../../core/state/settings.js'
import { machineTypeOfPrefix } from '../../core/state/token-kind.js'
import { readCurl } from './curl.js'
import type { ExaminationContext } from './examination-context.js'
import { type Finding, finding, findingOfReason } from './finding.js'
import { type GivenRequest, withForwarded } from './given-request.js'
import { InputError } from './input-error.js'
import { createExaminedInstance, type ExaminedInstance, type WithheldCall } from './offline-instance.js'
import { readRawRequest } from './raw-request.js'
import { type Report, renderCauses, renderTable } from './report.js'
import { causesOfSession } from './token-report.js'

export interface RequestReport extends Report, DecisionPath {
  readonly subject: 'request'
  /** As `x-clerk-auth-status` says it. `handshake`: the browser is sent away to come back with fresh cookies. */
  readonly state: RequestState['status']
  readonly reason: string | null
  readonly message: string | null
  readonly method: string
  /** Origin of the public URL. */
  readonly origin: string
  /** Host that the browser is redirected to; null: it is not. */
  readonly redirectsTo: string | null
  /** Calls to Clerk that would have sent something of the request, and were not made. */
  readonly withheld: readonly WithheldCall[]
}

/** `fetch()` as browsers copy it, PowerShell, wget and HTTPie. */
const OTHER_TOOL = /^\s*(?:[$%>]\s+)?(?:(?:await\s+)?fetch\(|Invoke-\w+\s|\$session\b|wget\s|https?\s)/i

/** Reads the text of a request: a curl command, or request line and headers. */
export function readRequest(text: string, form: 'curl' | 'raw' | null): GivenRequest {
  if (OTHER_TOOL.test(text)) throw new InputError('That is the call of another tool: copy it as cURL (bash).')
  const isCurl = form === 'curl' || (form === null && /^\s*(?:[$%>]\s+)?(?:\S*\/)?curl(?:\.exe)?\s/.test(text))
  return isCurl ? readCurl(text) : readRawRequest(text)
}

export async function examineRequest(
  given: GivenRequest,
  settings: InstanceSettings,
  context: ExaminationContext
): Promise<RequestReport> {
  const examined = await createExaminedInstance(settings, context.isOffline)
  try {
    return await reportOn(withForwarded(given), examined, context)
  } finally {
    await examined.instance.close()
  }
}

async function reportOn(
  given: GivenRequest,
  examined: ExaminedInstance,
  context: ExaminationContext
): Promise<RequestReport> {
  const { instance, withheld } = examined
  const { settings } = instance
  const { acceptsToken } = settings
  const extracted = extractToken(settings, given)
  const carried = readCarried({ ...given, token: extracted }, instance.readCookies)
  const decided = await decide(instance, carried)
  const state = withPending(decided)
  const path = explainDecision(
    { settings: createStateSettings(settings), verifier: instance.verifier, now: settings.now },
    {
      carried,
      acceptsToken,
      isEvaluated: true,
      isExtracted: extracted !== undefined,
      reason: decided.reason,
      isRedirected: state.location !== null
    }
  )
  const causes = await explain({ given, carried, state, path, examined, context })
  return {
    version: 1,
    subject: 'request',
    exitCode: state.status === 'signed-in' && !causes.some(({ severity }) => severity === 'error') ? 0 : 1,
    causes,
    state: state.status,
    reason: state.reason,
    message: state.message,
    method: given.method,
    origin: carried.url.origin,
    redirectsTo: state.location === null ? null : new URL(state.location, carried.url).host,
    withheld: [...withheld],
    ...path
  }
}

async function decide(instance: Instance, carried: Carried): Promise<RequestState> {
  const { acceptsToken, handshake, audience, requireAudience } = instance.settings
  return instance.authenticate(carried, {
    acceptsToken,
    allowsHandshake: handshake,
    audience: { values: audience, isRequired: requireAudience }
  })
}

type Answer = Omit<RequestState, 'reason'> & { readonly reason: RequestState['reason'] | 'session-pending' }

/** As guards answer it: a pending session is signed out, unless the route says otherwise. */
function withPending(state: RequestState): Answer {
  const pending = state.verified?.pendingAuth ?? null
  if (pending === null || state.status !== 'signed-in') return state
  return { ...state, status: 'signed-out', reason: 'session-pending', message: pending.message }
}

/** No token has this form. */
const MALFORMED = '-'

/** As the plugin asks the option: a function that fails makes the request one with a malformed token. */
function extractToken(settings: InstanceSettings, { method, target, headers }: GivenRequest): string | undefined {
  if (settings.extractToken === null) return undefined
  try {
    const token: unknown = settings.extractToken({ method, url: target, headers })
    return token === undefined || (typeof token === 'string' && token !== '') ? token : MALFORMED
  } catch {
    return MALFORMED
  }
}

interface Case {
  readonly given: GivenRequest
  readonly carried: Carried
  readonly state: Answer
  readonly path: DecisionPath
  readonly examined: ExaminedInstance
  readonly context: ExaminationContext
}

/** The likely causes, that which explains the others first. The last is the reason itself. */
async function explain(examination: Case): Promise<readonly Finding[]> {
  const { state, path, examined, given } = examination
  if (state.status === 'signed-in') return examineOrigin(examination)
  const withheld = examined.withheld.size > 0 ? [finding('call-withheld')] : []
  const { reason, message } = state
  if (reason === 'session-pending') return [finding(reason), ...withheld]
  const ofReason = reason === null ? [] : [findingOfReason(reason, message, state.tokenType)]
  const ofCarrier = await examineCarriers(examination)
  const ofToken = ofCarrier.some(({ cause }) => EXPLAINS_ALL.has(cause)) ? [] : await examineSession(examination)
  const notLoaded =
    reason !== null &&
    path.decidedBy.path === 'cookies' &&
    !path.carried.isPageLoad &&
    given.method === 'GET' &&
    MENDED.has(path.decidedBy.row ?? 0)
      ? [finding('not-a-page-load')]
      : []
  return [
    ...loopsOf(examined),
    ...ofCarrier,
    ...ofToken.filter(({ cause }) => cause !== reason),
    ...ofReason,
    ...withheld,
    ...notLoaded
  ]
}

const LOOP = 'Clerk: redirect loop stopped. '

/** The state machine names the likely cause of a loop in the log. */
function loopsOf({ logged }: ExaminedInstance): readonly Finding[] {
  return logged
    .filter((message) => message.startsWith(LOOP))
    .map((message) => finding('redirect-loop', [], message.slice(LOOP.length)))
}

/** Rows that a page load would be redirected for. */
const MENDED: ReadonlySet<number> = new Set([3, 4, 5, 6, 7, 9, 10, 13, 14, 15, 16])

/** With one of these the token that was sent is not the point. */
const EXPLAINS_ALL: ReadonlySet<string> = new Set(['authorization-over-cookies', 'cookies-without-publishable-key'])

/** What the way in which credentials were sent says. */
async function examineCarriers({ given, carried, state, path, examined }: Case): Promise<readonly Finding[]> {
  const { authorization, cookies, parameters, hasCookiesOfAnother } = path.carried
  const { settings } = examined.instance
  const sendsCookies = /(^|;)\s*__(session|client_uat|clerk_db_jwt)/.test(given.headers.cookie ?? '')
  if (neverAuthenticates(carried.method)) return [finding('trace-request')]
  if (authorization === 'token' && sendsCookies) {
    const without = readCarried(
      { ...given, headers: { ...given.headers, authorization: '' } },
      examined.instance.readCookies
    )
    const state = await decide(examined.instance, without)
    if (state.status === 'signed-in') return [finding('authorization-over-cookies')]
  }
  if (path.decidedBy.path === 'header') {
    const isRefused = state.reason === 'token-invalid' || state.reason === 'token-type-mismatch'
    return isRefused && machineTypeOfPrefix(carried.headerToken) !== null
      ? [finding('machine-token-not-accepted', ['acceptsToken'])]
      : []
  }
  if (settings.publishableKey === null && sendsCookies)
    return [finding('cookies-without-publishable-key', ['publishableKey'])]
  if (authorization === 'not-bearer' && cookies.length === 0) return [finding('authorization-scheme')]
  const own = cookies.some((name) => name.endsWith(`_${settings.cookieSuffix}`))
  if (hasCookiesOfAnother && !own) return [finding('cookies-of-another-instance', ['publishableKey'])]
  return cookies.length === 0 && parameters.length === 0 ? [finding('no-credentials')] : []
}

/** What the session token that counted says for itself. */
async function examineSession({ carried, path, examined, context }: Case): Promise<readonly Finding[]> {
  const { token } = path
  if (token === null || token.kind !== 'session_token' || token.isInMemory) return []
  const { cookies, headerToken } = carried
  const isSuffixed = path.carried.cookieFamily === 'suffixed'
  const text = token.carrier === 'header' ? headerToken : isSuffixed ? cookies.sessionSuffixed : cookies.session
  return causesOfSession(text, examined, context)
}

/** Signed in by cookie, and sent by a page of another origin. */
function examineOrigin({ given, carried, path, examined }: Case): readonly Finding[] {
  const { crossOrigin, authorizedParties } = examined.instance.settings
  const isUpgrade = given.headers.upgrade !== undefined
  if (crossOrigin === false || path.decidedBy.path !== 'cookies' || !isWorthForging(given.method, isUpgrade)) return []
  if (isOfOwnOrigin(given.headers, () => carried.url.origin, authorizedParties)) return []
  return [
    finding(crossOrigin === 'refuse' ? 'cross-origin-refused' : 'cross-origin-reported', [
      'crossOrigin',
      'authorizedParties'
    ])
  ]
}

export function renderRequest(report: RequestReport): string {
  const { state, reason, decidedBy, carried, token, redirectsTo, method, origin, causes } = report
  const row = decidedBy.row === null ? '' : `, row ${decidedBy.row}`
  const rows = [
    ['request', `${method} at ${origin}${carried.isPageLoad ? ', a page load' : ''}`],
    ['authorization', carried.authorization],
    ['cookies', carried.cookies.length === 0 ? 'none of Clerk' : carried.cookies.join(', ')],
    ...(carried.cookieFamily === null ? [] : [['cookies that count', carried.cookieFamily]]),
    ...(carried.hasCookiesOfAnother ? [['', 'and cookies of another Clerk instance']] : []),
    ...(carried.parameters.length === 0 ? [] : [['parameters', carried.parameters.join(', ')]]),
    ...(carried.redirects === 0 ? [] : [['redirects so far', String(carried.redirects)]]),
    ...(token === null ? [] : [['token', `${token.kind}, from the ${token.carrier}`]]),
    ['decided by', `${decidedBy.path}: src/core/state/README.md section ${decidedBy.section}${row}`],
    ...(redirectsTo === null ? [] : [['redirected to', redirectsTo]])
  ]
  const head = `The request is ${state}${reason === null ? '' : `: ${reason}`}\n`
  return [head, `${renderTable(rows)}\n`, causes.length === 0 ? '' : renderCauses(causes)]
    .filter((text) => text !== '')
    .join('\n')
}
