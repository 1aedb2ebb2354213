import { htmlPage } from '../http.js'
import type { Handler, LocalState } from '../state.js'
import { isOAuthError, type OAuthError, oauthError } from './answers.js'
import { renderConsentPage, renderRefusalPage } from './consent-page.js'
import type { AuthorizationRequest } from './grants.js'
import { readOnce, readResources, readScopes } from './parameters.js'

/**
 * `GET /oauth/authorize`: the page on which a user allows a client what it asks for (RFC 6749 section 4.1.1). A request
 * whose client or redirect URI is not registered ends here: a redirect would send the browser where anybody likes.
 */
export const showConsent: Handler = (request, state) => {
  const query = request.url.searchParams
  const client = state.oauth.clients.find(readOnce(query, 'client_id'))
  if (client === undefined) return refusal('client_id must be that of a registered client')
  const redirectUri = readOnce(query, 'redirect_uri')
  if (redirectUri === null || !client.redirectUris.includes(redirectUri)) {
    return refusal('redirect_uri must be one that the client has registered, letter by letter')
  }
  const asked = readRequest(query, client.id, redirectUri)
  if (isOAuthError(asked)) return sendError(state, redirectUri, readOnce(query, 'state'), asked)

  const page = { id: state.oauth.grants.ask(asked, state.now()), client, asked, users: state.directory.users() }
  return htmlPage(renderConsentPage(page))
}

/** `POST /oauth/authorize`: the user's decision. The page is good for one, so that no other site can send it. */
export const decide: Handler = (request, state) => {
  const form = new URLSearchParams(request.body)
  const asked = state.oauth.grants.answer(form.get('page') ?? '', state.now())
  if (asked === undefined) return refusal('this page has been answered or is too old: start again at the client')
  const { redirectUri, state: clientState } = asked
  if (form.has('deny')) {
    return sendError(state, redirectUri, clientState, oauthError('access_denied', 'the user has denied the request'))
  }
  const user = state.directory.user(form.get('user_id') ?? '')
  if (user === undefined) return refusal('user_id must be one of the users of this instance')
  const code = state.oauth.grants.issueCode(asked, user.id, state.now())
  return sendBack(state, redirectUri, clientState, { code })
}

function readRequest(query: URLSearchParams, clientId: string, redirectUri: string): AuthorizationRequest | OAuthError {
  const repeated = ['response_type', 'state', 'scope', 'code_challenge', 'code_challenge_method'].find(
    (name) => query.getAll(name).length > 1
  )
  // RFC 6749 section 3.1
  if (repeated !== undefined) return oauthError('invalid_request', `${repeated} is there more than once`)
  if (query.get('response_type') !== 'code') {
    return oauthError('unsupported_response_type', 'response_type must be code')
  }
  // Without a method RFC 7636 section 4.3 means "plain", which protects from nobody who has seen the request.
  if (query.get('code_challenge_method') !== 'S256') {
    return oauthError('invalid_request', 'code_challenge_method must be S256')
  }
  const codeChallenge = query.get('code_challenge') ?? ''
  if (!/^[A-Za-z0-9_-]{43}$/.test(codeChallenge)) {
    return oauthError('invalid_request', 'code_challenge must be the SHA-256 of the verifier, as base64url')
  }
  const scopes = readScopes(query.get('scope'))
  if (scopes === null) return oauthError('invalid_scope', 'scope must be words with single spaces between them')
  const resources = readResources(query)
  if (resources === null) return oauthError('invalid_target', 'resource must be an absolute URI without fragment')
  return { clientId, redirectUri, state: query.get('state'), scopes, resources, codeChallenge }
}

function refusal(message: string): Response {
  return htmlPage(renderRefusalPage(message), [], 400)
}

function sendError(state: LocalState, redirectUri: string, clientState: string | null, failure: OAuthError): Response {
  const { error, description } = failure
  return sendBack(state, redirectUri, clientState, { error, error_description: description })
}

/** `iss` tells the client which server answers (RFC 9207), so that an answer of another is not taken for this one. */
function sendBack(
  state: LocalState,
  redirectUri: string,
  clientState: string | null,
  answer: Readonly<Record<string, string>>
): Response {
  const url = new URL(redirectUri)
  const parameters = { ...answer, ...(clientState !== null && { state: clientState }), iss: state.publicOrigin() }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return new Response(null, { status: 303, headers: { location: url.href, 'cache-control': 'no-store' } })
}
