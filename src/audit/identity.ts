import { isAuthNotEvaluated } from '../core/auth/not-evaluated.js'
import type { Auth } from '../core/auth/types.js'
import { jsonString, jsonStringOrNull } from './json-text.js'
import type { Redaction } from './redaction.js'

/** What a record says of who made the request, ready to be put into a line. */
export interface Identity {
  readonly isAuthenticated: boolean
  readonly isImpersonated: boolean
  /** Why not authenticated, as JSON; `null` when it is. */
  readonly reason: string
  /** The device's `"sessionId":…`, its last field, up to and including `"token":…`. */
  readonly bytes: Uint8Array
}

/**
 * Makes identities out of auth objects. An auth object is shared by all requests that carry its token, so its identity
 * is made once and found by the object itself from then on.
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
  token: {
    type: string
    id: string | null
    name: string | null
    subject: string | null
    machineId: string | null
    clientId: string | null
  } | null
}

function composeIdentity(auth: Auth | null, redaction: Redaction): Identity {
  const fields = readFields(auth)
  const { token } = fields
  const tokenText =
    token === null
      ? 'null'
      : `{"type":${jsonString(token.type)},"id":${jsonStringOrNull(redaction.apply('token.id', token.id))}` +
        `,"name":${jsonStringOrNull(redaction.apply('token.name', token.name))}` +
        `,"subject":${jsonStringOrNull(redaction.apply('token.subject', token.subject))}` +
        `,"machineId":${jsonStringOrNull(redaction.apply('token.machineId', token.machineId))}` +
        `,"clientId":${jsonStringOrNull(redaction.apply('token.clientId', token.clientId))}}`
  return {
    isAuthenticated: auth?.isAuthenticated ?? false,
    isImpersonated: fields.actorId !== null,
    reason: auth !== null && !auth.isAuthenticated ? jsonStringOrNull(auth.reason) : 'null',
    bytes: Buffer.from(
      `,"sessionId":${jsonStringOrNull(redaction.apply('device.sessionId', fields.sessionId))}}` +
        `,"userId":${jsonStringOrNull(redaction.apply('userId', fields.userId))}` +
        `,"orgId":${jsonStringOrNull(redaction.apply('orgId', fields.orgId))}` +
        `,"actorId":${jsonStringOrNull(redaction.apply('actorId', fields.actorId))}` +
        `,"token":${tokenText},`
    )
  }
}

// A token is named only where it was believed: what an unverified one claims to be is no identity.
function readFields(auth: Auth | null): Fields {
  const fields: Fields = { userId: null, orgId: null, actorId: null, sessionId: null, token: null }
  if (auth === null || !auth.isAuthenticated) return fields
  if (auth.tokenType === 'session_token') {
    fields.userId = auth.userId
    fields.orgId = auth.orgId ?? null
    fields.actorId = auth.actor === undefined ? null : auth.actor.sub
    fields.sessionId = auth.sessionId ?? null
    fields.token = { type: auth.tokenType, id: null, name: null, subject: null, machineId: null, clientId: null }
    return fields
  }
  fields.userId = 'userId' in auth ? auth.userId : null
  fields.orgId = 'orgId' in auth ? auth.orgId : null
  fields.token = {
    type: auth.tokenType,
    id: auth.id,
    name: 'name' in auth ? auth.name : null,
    subject: auth.subject,
    machineId: 'machineId' in auth ? auth.machineId : null,
    clientId: 'clientId' in auth ? auth.clientId : null
  }
  return fields
}
