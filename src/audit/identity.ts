import { isAuthNotEvaluated } from '../core/auth/not-evaluated.js'
import type { Auth, MachineAuth } from '../core/auth/types.js'
import { cut, jsonString, jsonStringOrNull } from './json-text.js'
import type { Redaction } from './redaction.js'
import type { AuditToken } from './types.js'

/** The part of a record that names the user or machine behind a request, ready to be written. */
export interface Identity {
  readonly isAuthenticated: boolean
  readonly isImpersonated: boolean
  /** Why the request is not authenticated, as JSON; the text `null` if it is. */
  readonly reason: string
  /** From the last field of `device`, `"sessionId":…`, up to and including `"token":…`. */
  readonly bytes: Uint8Array
}

/**
 * Makes identities from auth objects. All requests that carry a token share its auth object, so an identity is made
 * once and then found by the object.
 */
export function createIdentities(redaction: Redaction): (auth: Auth | null | undefined) => Identity {
  const nobody = composeIdentity(null, redaction)
  const known = new WeakMap<object, Identity>()
  return function identify(auth) {
    if (auth === null || auth === undefined) return nobody
    const found = known.get(auth)
    if (found !== undefined) return found
    const identity = isAuthNotEvaluated(auth) ? nobody : composeIdentity(auth, redaction)
    known.set(auth, identity)
    return identity
  }
}

interface Fields {
  userId: string | null
  orgId: string | null
  actorId: string | null
  sessionId: string | null
  token: AuditToken | null
}

function composeIdentity(auth: Auth | null, redaction: Redaction): Identity {
  const fields = readFields(auth)
  const { token } = fields
  const text = (path: string, value: string | null): string =>
    jsonStringOrNull(redaction.apply(path, value === null ? null : cut(value)))
  const tokenText =
    token === null
      ? 'null'
      : `{"type":${jsonString(token.type)},"id":${text('token.id', token.id)}` +
        `,"name":${text('token.name', token.name)}` +
        `,"subject":${text('token.subject', token.subject)}` +
        `,"machineId":${text('token.machineId', token.machineId)}` +
        `,"clientId":${text('token.clientId', token.clientId)}}`
  return {
    isAuthenticated: auth?.isAuthenticated ?? false,
    isImpersonated: fields.actorId !== null,
    reason: auth !== null && !auth.isAuthenticated ? jsonStringOrNull(auth.reason) : 'null',
    bytes: Buffer.from(
      `,"sessionId":${text('device.sessionId', fields.sessionId)}}` +
        `,"userId":${text('userId', fields.userId)}` +
        `,"orgId":${text('orgId', fields.orgId)}` +
        `,"actorId":${text('actorId', fields.actorId)}` +
        `,"token":${tokenText},`
    )
  }
}

/** Names nobody unless the token is verified: anybody can write any name into an unverified token. */
function readFields(auth: Auth | null): Fields {
  const nobody = { userId: null, orgId: null, actorId: null, sessionId: null, token: null }
  if (auth === null || !auth.isAuthenticated) return nobody
  if (auth.tokenType !== 'session_token') return { ...nobody, ...readMachineFields(auth) }
  return {
    userId: auth.userId,
    orgId: auth.orgId ?? null,
    actorId: auth.actor === undefined ? null : auth.actor.sub,
    sessionId: auth.sessionId ?? null,
    token: { type: auth.tokenType, id: null, name: null, subject: null, machineId: null, clientId: null }
  }
}

/** One case for each machine token type: a type without a case does not compile. */
function readMachineFields(auth: MachineAuth): Pick<Fields, 'userId' | 'orgId' | 'token'> {
  const { tokenType: type, id, subject } = auth
  const token = { type, id, name: null, subject, machineId: null, clientId: null }
  switch (auth.tokenType) {
    case 'api_key':
      return { userId: auth.userId, orgId: auth.orgId, token: { ...token, name: auth.name } }
    case 'm2m_token':
      return { userId: null, orgId: null, token: { ...token, machineId: auth.machineId } }
    case 'oauth_token':
      return { userId: auth.userId, orgId: null, token: { ...token, clientId: auth.clientId } }
  }
}
