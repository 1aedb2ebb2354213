import { convert, type Eventually } from '../later.js'
import type { Carried } from '../request/carried.js'
import type { VerificationOutcome } from '../token/outcome.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import { VerifiedToken } from '../token/verified-token.js'
import { chooseFamily, chosenClientUat, chosenDevBrowser, chosenSession } from './cookie-family.js'
import { needsCrossOriginSync } from './cross-origin-sync.js'
import { tryHandshake } from './handshake-attempt.js'
import { type ReturnedHandshake, resolveHandshake, returnedHandshake, undecidable } from './handshake-return.js'
import { syncOrganization } from './organization-sync.js'
import { type ClerkQuery, readClerkQuery } from './query.js'
import { type RequestState, signedIn, signedOut } from './request-state.js'
import { respondToSatellite, syncSatellite } from './satellite.js'
import type { StateContext } from './settings.js'
import { isSessionToken, namesParty } from './token-kind.js'
import { answerFailure, answerMalformed } from './verification-failure.js'

/**
 * The state of a request by its cookies and its URL. Numbers in comments are rows of the decision table
 * (state/README.md section 4.3).
 */
export function decideByCookies(context: StateContext, carried: Carried): Eventually<RequestState> {
  if (!context.settings.readsCookies) return withoutPublishableKey(carried)
  const query = readClerkQuery(carried)

  // 1: a returned handshake comes before everything else, on any method and destination.
  const returned = context.settings.canHandshake ? returnedHandshake(carried, query) : null
  return returned === null
    ? decideByTable(context, carried, query)
    : decideByHandshake(context, carried, query, returned)
}

async function decideByHandshake(
  context: StateContext,
  carried: Carried,
  query: ClerkQuery,
  returned: ReturnedHandshake
): Promise<RequestState> {
  const resolved = await resolveHandshake(context, carried, returned)
  if (resolved.status !== 'unresolved') return resolved
  const refused = resolved.reason === null ? context : { ...context, refusedHandshake: resolved.reason }
  const state = await decideByTable(refused, carried, query)
  // A second handshake would come back to the same outage.
  return resolved.retryAfterSeconds === null || state.status === 'signed-in'
    ? state
    : undecidable(resolved.retryAfterSeconds)
}

function decideByTable(context: StateContext, carried: Carried, query: ClerkQuery): Eventually<RequestState> {
  const { settings } = context
  const { suffixed, session: token } = chooseFamily(context, carried.cookies)
  const session = chosenSession(carried.cookies, suffixed)
  const clientUat = chosenClientUat(carried.cookies, suffixed)

  // 2, 3, 4
  if (settings.isSatellite) {
    const state = syncSatellite(context, carried, query, session !== '' || clientUat !== 0)
    if (state !== null) return state
  }
  if (settings.isDevelopment) {
    const devBrowser = chosenDevBrowser(carried, suffixed, query.devBrowser)
    // 5
    if (!settings.isSatellite && query.redirectUrl !== '') {
      return respondToSatellite(context, carried, query.redirectUrl, devBrowser)
    }
    // 6: the URL brings a new dev browser; only FAPI can set the cookies that belong to it.
    if (query.hasDevBrowser) return tryHandshake(context, carried, 'dev-browser-sync', '')
    // 7
    if (devBrowser === '') return tryHandshake(context, carried, 'dev-browser-missing', '')
  }
  if (session === '') {
    return clientUat === 0
      ? signedOut('session-token-and-uat-missing', '') // 8
      : tryHandshake(context, carried, 'client-uat-but-no-session-token', '') // 10
  }
  // 9
  if (clientUat === 0) return tryHandshake(context, carried, 'session-token-but-no-client-uat', '')
  return decideBySession(context, carried, token, clientUat)
}

function decideBySession(
  context: StateContext,
  carried: Carried,
  token: VerifiedToken | UnverifiedToken | null,
  clientUat: number
): Eventually<RequestState> {
  const { effects } = context
  // 11
  if (token === null)
    return answerMalformed(
      context,
      'cookie',
      chosenSession(carried.cookies, chooseFamily(context, carried.cookies).suffixed)
    )
  const isKnown = token instanceof VerifiedToken
  // 12
  if (!isKnown && !isSessionToken(token)) return signedOut('token-type-mismatch', '')
  // 13: a sign-in or sign-out happened in this browser after the token was issued.
  const { iat } = token.claims
  if (typeof iat === 'number' && iat < clientUat) {
    return tryHandshake(context, carried, 'session-token-iat-before-client-uat', '')
  }
  if (isKnown) return decideVerified(context, carried, effects.accept(token))

  // 14
  return convert(effects.verifySession(token), (outcome: VerificationOutcome) => {
    if (lacksParty(token, outcome)) effects.sawNoParty()
    return outcome.ok
      ? decideVerified(context, carried, outcome)
      : answerFailure(context, carried, 'cookie', token, outcome)
  })
}

/** Whether the signature was good, so that Clerk issued it, and the token says no origin. */
function lacksParty({ claims }: UnverifiedToken, outcome: VerificationOutcome): boolean {
  if (namesParty(claims)) return false
  return outcome.ok || outcome.reason === 'token-invalid-authorized-parties'
}

function decideVerified(context: StateContext, carried: Carried, verified: VerifiedToken): RequestState {
  // 15
  if (needsCrossOriginSync(context, carried)) {
    return tryHandshake(context, carried, 'primary-domain-cross-origin-sync', CROSS_ORIGIN)
  }
  // 16, 17
  return syncOrganization(context, carried, verified.auth) ?? signedIn(verified)
}

/** Bearer tokens need no publishable key, cookies do: a developer who sends cookies is told why they are not read. */
function withoutPublishableKey(carried: Carried): RequestState {
  const { session, clientUat } = carried.cookies
  return signedOut(
    'session-token-and-uat-missing',
    session === '' && clientUat === '' ? '' : 'Cookies are read only with the option publishableKey.'
  )
}

const CROSS_ORIGIN = 'This page was reached from another origin: its session is compared with the primary domain.'
