import type { FastifyReply } from 'fastify'
import type { DebugHeaders } from '../core/options.js'
import type { RequestState } from '../core/state/request-state.js'

/** Sends a request state's headers. True when the state is a redirect, which has then been sent. */
export function applyState(state: RequestState, reply: FastifyReply, debugHeaders: DebugHeaders): boolean {
  if (state.status !== 'signed-in' && debugHeaders !== false) setDebugHeaders(state, reply, debugHeaders)
  if (state.headers !== null) reply.headers(state.headers)
  // One call a line: Fastify appends, and what an earlier hook has set stays.
  for (const cookie of state.setCookies) reply.header('set-cookie', cookie)
  if (state.location === null) return false
  reply.code(307).header('location', state.location).send()
  return true
}

/** The headers by which Clerk's tools and support explain a request that is not signed in (protocol reference, section 8.1). */
function setDebugHeaders(state: RequestState, reply: FastifyReply, debugHeaders: DebugHeaders): void {
  reply.header('x-clerk-auth-status', state.status)
  if (state.reason) reply.header('x-clerk-auth-reason', state.reason)
  if (state.message && debugHeaders === 'full') reply.header('x-clerk-auth-message', state.message)
}
