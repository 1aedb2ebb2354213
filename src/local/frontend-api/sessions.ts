import type { LocalClient } from '../clients.js'
import { liveSession, templateToken, tokenOfSession } from '../directives.js'
import type { LocalSession } from '../directory.js'
import type { LocalRequest } from '../http.js'
import type { Handler, LocalState } from '../state.js'
import { answerChanged, notFound, notSignedIn, unknownDevBrowser } from './answers.js'
import { callerOf, pageOrigin, readForm } from './caller.js'
import { sessionShape } from './shapes.js'

type SessionHandler = (request: LocalRequest, state: LocalState, client: LocalClient, session: LocalSession) => Response

/** The handler for the live session that the path names, if it is this browser's; 401 for any other. */
function withSession(handler: SessionHandler): Handler {
  return (request, state) => {
    const client = callerOf(request, state)
    if (client === undefined && state.instance.type === 'development') return unknownDevBrowser()
    const session = liveSession(state, client)
    if (client === undefined || session === undefined || session.id !== request.params.sid) return notSignedIn()
    return handler(request, state, client, session)
  }
}

/** `POST /v1/client/sessions/:sid/touch`: the session is in use, with this organization from now on. */
export const touchSession = withSession((request, state, client, session) => {
  const organization = readForm(request).get('active_organization_id')
  if (organization !== undefined && !state.directory.activate(session, organization)) return noMember()
  return answerChanged(request, state, client, sessionShape(state, session, pageOrigin(request)))
})

/** `POST /v1/client/sessions/:sid/tokens`: a fresh token, for an organization that need not be the active one. */
export const createClientToken = withSession((request, state, _client, session) => {
  const asked = readForm(request).get('organization_id')
  const orgId = asked === undefined ? session.activeOrgId : asked === '' ? null : asked
  const org = state.directory.tokenOrganization(session.userId, orgId)
  if (orgId !== null && org === undefined) return noMember()
  const azp = state.tokenOrigin.ofScript(pageOrigin(request))
  return Response.json({ object: 'token', jwt: tokenOfSession(state, session, { azp, org: org ?? null }) })
})

/** `POST /v1/client/sessions/:sid/tokens/:template`: a token with the claims of a JWT template. */
export const createTemplateToken = withSession((request, state, _client, session) => {
  const jwt = templateToken(state, session, request.params.template ?? '')
  return jwt === null ? notFound('JWT template not found') : Response.json({ object: 'token', jwt })
})

/** `POST /v1/client/sessions/:sid/end` and `/remove`: signs this browser out of the session. */
export const endSession = withSession((request, state, client, session) => {
  const shape = sessionShape(state, session, pageOrigin(request))
  session.status = 'ended'
  client.sessionId = null
  client.updatedAtMs = state.now()
  return answerChanged(request, state, client, {
    ...shape,
    status: request.url.pathname.endsWith('/end') ? 'ended' : 'removed'
  })
})

function noMember(): Response {
  return notFound('The user is a member of no such organization')
}
