import { createHash, timingSafeEqual } from 'node:crypto'
import type { LocalRequest } from '../http.js'
import type { Handler, LocalState } from '../state.js'
import { isOAuthError, type OAuthError, oauthError, oauthFailure, oauthJson } from './answers.js'
import type { OAuthClient } from './clients.js'
import type { Grant } from './grants.js'
import { readOnce, readResources, readScopes } from './parameters.js'
import { noteAccessToken } from './state.js'

/** `POST /oauth/token` (RFC 6749 sections 4.1.3 and 6). */
export const issueTokens: Handler = (request, state) => {
  const form = new URLSearchParams(request.body)
  const client = authenticateClient(request, form, state)
  if (isOAuthError(client)) return oauthFailure(client)
  const answer = tokensFor(form, client, state)
  return isOAuthError(answer) ? oauthFailure(answer) : oauthJson(answer)
}

function tokensFor(form: URLSearchParams, client: OAuthClient, state: LocalState): object | OAuthError {
  switch (readOnce(form, 'grant_type')) {
    case 'authorization_code':
      return redeemCode(form, client, state)
    case 'refresh_token':
      return refresh(form, client, state)
    default:
      return oauthError('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token')
  }
}

/** The client, by the method with which it registered and by no other. */
function authenticateClient(request: LocalRequest, form: URLSearchParams, state: LocalState): OAuthClient | OAuthError {
  const basic = readBasic(request.headers.get('authorization'))
  const [id, secret, method] = basic ?? [
    readOnce(form, 'client_id'),
    readOnce(form, 'client_secret'),
    form.has('client_secret') ? 'client_secret_post' : 'none'
  ]
  const client = state.oauth.clients.find(id)
  if (client === undefined || client.authMethod !== method || !isEqual(client.secret ?? '', secret ?? '')) {
    return oauthError('invalid_client', 'the client is not known, or does not authenticate as it has registered')
  }
  return client
}

function readBasic(header: string | null): readonly [id: string, secret: string, method: 'client_secret_basic'] | null {
  const [, encoded] = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '') ?? []
  if (encoded === undefined) return null
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString().split(':', 2)
  return [id, secret, 'client_secret_basic']
}

function redeemCode(form: URLSearchParams, client: OAuthClient, state: LocalState): object | OAuthError {
  const code = state.oauth.grants.code(readOnce(form, 'code') ?? '', state.now())
  if (code === undefined || code.grant.request.clientId !== client.id) return NO_GRANT
  const { request } = code.grant
  if (readOnce(form, 'redirect_uri') !== request.redirectUri) {
    return oauthError('invalid_grant', 'redirect_uri must be that of the authorization request')
  }
  // Before the code counts as used: who does not have the verifier must not spend the code of the client that has.
  if (!isVerifierOf(request.codeChallenge, readOnce(form, 'code_verifier'))) {
    return oauthError('invalid_grant', 'code_verifier does not belong to the authorization request')
  }
  if (code.isUsed) return endGrant(code.grant, state)
  code.isUsed = true
  return answerFor(code.grant, form, request.scopes, state)
}

function refresh(form: URLSearchParams, client: OAuthClient, state: LocalState): object | OAuthError {
  const token = state.oauth.grants.refreshToken(readOnce(form, 'refresh_token') ?? '', state.now())
  if (token === undefined || token.grant.isRevoked || token.grant.request.clientId !== client.id) return NO_GRANT
  if (token.isUsed) return endGrant(token.grant, state)
  const granted = token.grant.request.scopes
  const scopes = form.has('scope') ? readScopes(readOnce(form, 'scope')) : granted
  if (scopes === null || !scopes.every((scope) => granted.includes(scope))) {
    return oauthError('invalid_scope', 'a refresh cannot bring more than was granted')
  }
  const answer = answerFor(token.grant, form, scopes, state)
  token.isUsed = !isOAuthError(answer)
  return answer
}

const NO_GRANT = oauthError(
  'invalid_grant',
  'the code or refresh token is not known, is over, or is that of another client'
)

/** A code or refresh token that comes twice has been stolen from one of the two who sent it (RFC 9700 section 2.2.2). */
function endGrant(grant: Grant, state: LocalState): OAuthError {
  grant.isRevoked = true
  for (const [token, of] of state.oauth.accessTokens) {
    if (of !== grant) continue
    state.machineTokens.revoke(token)
    state.oauth.accessTokens.delete(token)
  }
  return oauthError('invalid_grant', 'the code or refresh token has been used before; what it had brought is revoked')
}

const ACCESS_TOKEN_SECONDS = 3600

function answerFor(
  grant: Grant,
  form: URLSearchParams,
  scopes: readonly string[],
  state: LocalState
): object | OAuthError {
  const { resources } = grant.request
  const asked = readResources(form)
  if (asked === null || !asked.every((resource) => resources.includes(resource))) {
    return oauthError('invalid_target', 'resource must be one of the authorization request')
  }
  const audience = asked.length > 0 ? asked : resources
  const token = state.machineTokens.createOAuthToken({
    userId: grant.userId,
    clientId: grant.request.clientId,
    scopes,
    format: state.oauth.tokenFormat,
    expiresInSeconds: ACCESS_TOKEN_SECONDS,
    ...(audience.length > 0 && { audience: audience.length === 1 ? (audience[0] ?? '') : audience })
  })
  if (state.oauth.tokenFormat === 'opaque') {
    const oldest = noteAccessToken(state.oauth, token, grant)
    if (oldest !== null) state.machineTokens.revoke(oldest)
  }
  return {
    access_token: token,
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_SECONDS,
    scope: scopes.join(' '),
    ...(grant.request.scopes.includes('offline_access') && {
      refresh_token: state.oauth.grants.issueRefreshToken(grant, state.now())
    })
  }
}

/** RFC 7636 section 4.6. */
function isVerifierOf(challenge: string, verifier: string | null): boolean {
  if (verifier === null || !/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) return false
  return isEqual(createHash('sha256').update(verifier).digest('base64url'), challenge)
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
