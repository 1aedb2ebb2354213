import { liveSession } from '../directives.js'
import type { Handler } from '../state.js'
import { answer, unknownDevBrowser, withClientCookies } from './answers.js'
import { callerOf, pageOrigin } from './caller.js'
import { clientShape } from './shapes.js'

/** `GET /v1/client`: this browser. In production a browser that has never signed in is none. */
export const showClient: Handler = (request, state) => {
  const client = callerOf(request, state)
  if (client === undefined) return state.instance.type === 'development' ? unknownDevBrowser() : answer(null)
  return answer(clientShape(state, client, pageOrigin(request)))
}

/** `DELETE /v1/client` and `DELETE /v1/client/sessions`: signs this browser out. */
export const endAllSessions: Handler = (request, state) => {
  const client = callerOf(request, state)
  if (client === undefined) return state.instance.type === 'development' ? unknownDevBrowser() : answer(null)
  const session = liveSession(state, client)
  if (session !== undefined) session.status = 'ended'
  client.sessionId = null
  client.updatedAtMs = state.now()
  return withClientCookies(request, state, client, answer(clientShape(state, client, pageOrigin(request))))
}
