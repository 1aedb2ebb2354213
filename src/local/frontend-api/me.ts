import { liveSession } from '../directives.js'
import type { LocalSession, LocalUser } from '../directory.js'
import { type LocalRequest, readCount } from '../http.js'
import type { Handler, LocalState } from '../state.js'
import { answer, notSignedIn } from './answers.js'
import { callerOf, pageOrigin } from './caller.js'
import { membershipShape, sessionShape, userShape } from './shapes.js'

type UserHandler = (request: LocalRequest, state: LocalState, user: LocalUser, session: LocalSession) => Response

/** The handler for the user who is signed in at this browser; 401 if nobody is. */
function withUser(handler: UserHandler): Handler {
  return (request, state) => {
    const session = liveSession(state, callerOf(request, state))
    const user = session === undefined ? undefined : state.directory.user(session.userId)
    return session === undefined || user === undefined ? notSignedIn() : handler(request, state, user, session)
  }
}

/** `GET /v1/me`. */
export const showUser = withUser((_request, state, user, session) =>
  answer(userShape(state, user, session.createdAtMs))
)

/** `GET /v1/me/sessions/active`. */
export const listActiveSessions = withUser((request, state, _user, session) =>
  answer([sessionShape(state, session, pageOrigin(request))])
)

/** `GET /v1/me/organization_memberships`. */
export const listMemberships = withUser((request, state, user, session) => {
  const { searchParams } = request.url
  const offset = readCount(searchParams.get('offset'), 0)
  const limit = readCount(searchParams.get('limit'), 10)
  const all = user.memberships ?? []
  const data = all
    .slice(offset, offset + limit)
    .map((membership) => membershipShape(state, user, membership, session.createdAtMs))
  return answer({ data, total_count: all.length })
})

/** Invitations and suggestions, of which a local instance has none. */
export const listNothing = withUser(() => answer({ data: [], total_count: 0 }))
