import type { TokenType } from '../auth/types.js'
import { silentLogger } from '../logger.js'
import type { AcceptsToken } from '../options/accepts-token.js'
import type { Carried } from '../request/carried.js'
import { isPageLoad } from '../request/page-load.js'
import { textOf } from '../request/read-carried.js'
import { failureFor } from '../token/outcome.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import { VerifiedToken } from '../token/verified-token.js'
import type { Verifier } from '../token/verifier.js'
import { chooseFamily, chosenClientUat, chosenSession } from './cookie-family.js'
import { type DecisionRow, decisionRow, UNDECIDED } from './decision-row.js'
import { hasCookiesOfAnother } from './loop-cause.js'
import { redirectCount } from './redirect-counter.js'
import type { StateContext, StateSettings } from './settings.js'
import { isSessionToken, machineTypeOfJwt, machineTypeOfPrefix } from './token-kind.js'

/** What a request carried, by name. Never a value of a token, a cookie or a parameter. */
export interface CarriedNames {
  /** `extracted`: the option `extractToken` has found a token. `not-bearer`: the header has another scheme. */
  readonly authorization: 'absent' | 'token' | 'not-bearer' | 'extracted'
  /** Clerk's cookies of this instance, by name. */
  readonly cookies: readonly string[]
  /** Which of them count (state/README.md section 3.2); null: none are looked at. */
  readonly cookieFamily: 'suffixed' | 'unsuffixed' | null
  /** The browser also sends cookies of another Clerk instance. */
  readonly hasCookiesOfAnother: boolean
  /** Clerk's parameters in the URL, by name. */
  readonly parameters: readonly string[]
  /** Only a page load can be redirected. */
  readonly isPageLoad: boolean
  /** How often the browser has just been redirected; at 3 it is not sent again. */
  readonly redirects: number
}

/** The token that counted, by what it says of itself: unless it is in memory, none of it need be true. */
export interface TokenFacts {
  readonly carrier: 'header' | 'cookie'
  /** `not-a-token`: neither a JWT nor of a prefix of Clerk's. `other-jwt`: a JWT of a template, or of an unknown category. */
  readonly kind: TokenType | 'other-jwt' | 'not-a-token'
  /** Verified before and good now. False for machine tokens, which are kept elsewhere. */
  readonly isInMemory: boolean
  /** Whether `iss` is this instance; null: it has none, or the instance is not known. */
  readonly isOfThisInstance: boolean | null
  /** Ms since `iat`, and until `exp`; null: it has none. */
  readonly ageInMs: number | null
  readonly expiresInMs: number | null
  /** A sign-in or sign-out in this browser came after the token; null: no cookie says when there was one. */
  readonly isOlderThanSignIn: boolean | null
}

/** The path of a request through the state machine, found afterwards. */
export interface DecisionPath {
  readonly carried: CarriedNames
  readonly token: TokenFacts | null
  readonly decidedBy: DecisionRow
}

export interface ExplanationParts {
  readonly settings: StateSettings
  readonly verifier: Pick<Verifier, 'lookUp' | 'decode'>
  readonly now: () => number
}

export interface ExplainedRequest {
  readonly carried: Carried
  readonly acceptsToken: AcceptsToken
  /** False: the route is not authenticated. */
  readonly isEvaluated: boolean
  /** The token is not of the `Authorization` header. */
  readonly isExtracted: boolean
  readonly reason: string | null
  readonly isRedirected: boolean
}

export function explainDecision(parts: ExplanationParts, request: ExplainedRequest): DecisionPath {
  const context = withoutEffects(parts)
  const { carried, acceptsToken } = request
  const decidedBy = request.isEvaluated ? decisionRow(context, carried, acceptsToken, request) : UNDECIDED
  const isSuffixed = decidedBy.path === 'cookies' ? chooseFamily(context, carried.cookies).suffixed : null
  return {
    carried: {
      authorization: authorizationOf(request),
      cookies: cookieNames(carried, parts.settings.cookieSuffix),
      cookieFamily: isSuffixed === null ? null : isSuffixed ? 'suffixed' : 'unsuffixed',
      hasCookiesOfAnother: hasCookiesOfAnother(textOf(carried.headers.cookie), parts.settings.cookieSuffix),
      parameters: PARAMETERS.filter((name) => carried.url.searchParams.has(name)),
      isPageLoad: isPageLoad(carried.method, carried.secFetchDest, carried.accept),
      redirects: redirectCount(carried)
    },
    token: tokenFacts(context, carried, decidedBy, isSuffixed),
    decidedBy
  }
}

const PARAMETERS = [
  '__clerk_db_jwt',
  '__clerk_handshake',
  '__clerk_handshake_nonce',
  '__clerk_synced',
  '__clerk_redirect_url'
]

/** The context of the state machine with effects that look into memory and do nothing else. */
function withoutEffects({ settings, verifier, now }: ExplanationParts): StateContext {
  const unjudged = failureFor('token-verification-failed')
  return {
    settings,
    effects: {
      lookUp: verifier.lookUp,
      decode: verifier.decode,
      accept: (verified) => verified,
      verifySession: () => unjudged,
      verifySessionText: () => unjudged,
      verifySignature: () => unjudged,
      sawNoParty: () => {},
      sawMisdirected: () => {},
      clockOffsetMs: () => null,
      fetchHandshakePayload: null,
      refreshSession: null,
      verifyMachineToken: (type) => ({
        ok: false,
        type,
        reason: 'token-verification-failed',
        message: '',
        retryAfterSeconds: null
      }),
      now,
      log: silentLogger
    },
    refresh: async () => ({ ok: false, code: '', retryAfterSeconds: null }),
    refusedHandshake: null
  }
}

function authorizationOf({ carried, isExtracted }: ExplainedRequest): CarriedNames['authorization'] {
  if (isExtracted) return 'extracted'
  if (carried.headerToken !== '') return 'token'
  return textOf(carried.headers.authorization) === '' ? 'absent' : 'not-bearer'
}

function cookieNames({ cookies }: Carried, suffix: string): string[] {
  const named: readonly (readonly [name: string, value: string])[] = [
    ['__session', cookies.session],
    [`__session_${suffix}`, cookies.sessionSuffixed],
    ['__client_uat', cookies.clientUat],
    [`__client_uat_${suffix}`, cookies.clientUatSuffixed],
    ['__clerk_db_jwt', cookies.devBrowser],
    [`__clerk_db_jwt_${suffix}`, cookies.devBrowserSuffixed],
    [`__refresh_${suffix}`, cookies.refreshSuffixed],
    ['__clerk_handshake', cookies.handshake],
    ['__clerk_handshake_nonce', cookies.handshakeNonce],
    ['__clerk_redirect_count', cookies.redirectCount]
  ]
  return named.filter(([, value]) => value !== '').map(([name]) => name)
}

function tokenFacts(
  context: StateContext,
  carried: Carried,
  { path }: DecisionRow,
  isSuffixed: boolean | null
): TokenFacts | null {
  const carrier = path === 'header' ? 'header' : 'cookie'
  const text = path === 'header' ? carried.headerToken : chosenSession(carried.cookies, isSuffixed === true)
  if (path === 'none' || text === '') return null
  const token = context.effects.lookUp(text)
  const { iat, exp, iss } = token?.claims ?? {}
  const nowMs = context.effects.now()
  const { originalFrontendApi } = context.settings
  const clientUat = carrier === 'cookie' ? chosenClientUat(carried.cookies, isSuffixed === true) : 0
  return {
    carrier,
    kind: kindOf(text, token),
    isInMemory: token instanceof VerifiedToken,
    isOfThisInstance:
      typeof iss !== 'string' || originalFrontendApi === '' ? null : iss === `https://${originalFrontendApi}`,
    ageInMs: typeof iat === 'number' ? nowMs - iat * 1000 : null,
    expiresInMs: typeof exp === 'number' ? exp * 1000 - nowMs : null,
    isOlderThanSignIn: clientUat === 0 || typeof iat !== 'number' ? null : iat < clientUat
  }
}

function kindOf(text: string, token: VerifiedToken | UnverifiedToken | null): TokenFacts['kind'] {
  if (token instanceof VerifiedToken) return 'session_token'
  const machine = machineTypeOfPrefix(text) ?? (token === null ? null : machineTypeOfJwt(token))
  if (machine !== null) return machine
  if (token === null) return 'not-a-token'
  return isSessionToken(token) ? 'session_token' : 'other-jwt'
}
