import type { FastifyReply } from 'fastify'
import type { DebugHeaders } from '../core/options/instance-options.js'
import { NO_STORE } from '../core/state/handshake-attempt.js'
import type { ResponseParts } from '../core/state/request-state.js'
import type { Decision } from './decision.js'
import { closeUpgradeAfterAnswer } from './upgrade.js'

/**
 * The headers by which Clerk's tools and support explain a request that is not signed in (state/README.md section 9.4).
 */
export function setDebugHeaders(
  { state, reason, message }: Decision,
  reply: FastifyReply,
  debugHeaders: DebugHeaders
): void {
  if (debugHeaders === false) return
  // Clerk's tools have no state for a token that could not be judged.
  reply.header('x-clerk-auth-status', state === 'unavailable' ? 'signed-out' : state)
  if (reason) reply.header('x-clerk-auth-reason', reason)
  if (message && debugHeaders === 'full') reply.header('x-clerk-auth-message', message)
}

/** Adds the headers and cookies of a state to the response. True: it is a redirect, and has been sent. */
export function addToResponse({ location, headers, setCookies }: ResponseParts, reply: FastifyReply): boolean {
  if (headers !== null) reply.headers(headers)
  addCookies(setCookies, reply)
  if (location === null) return false
  closeUpgradeAfterAnswer(reply)
  reply.code(307).header('location', location).send()
  return true
}

/** The `Set-Cookie` lines of the plugin's own, of the few replies that have any. */
interface Lines {
  /** Of the judgement before, for a request that is judged once more. */
  readonly before: readonly string[]
  readonly own: readonly string[]
  /** `Cache-Control` as it was without the lines. */
  readonly cacheControl: unknown
}

const NONE: Lines = { before: [], own: [], cacheControl: undefined }
const CACHE_CONTROL = 'cache-control'
const linesOf = new WeakMap<FastifyReply, Lines>()

function addCookies(own: readonly string[], reply: FastifyReply): void {
  if (own.length === 0) return
  const { before } = linesOf.get(reply) ?? NONE
  linesOf.set(reply, { before, own, cacheControl: reply.getHeader(CACHE_CONTROL) })
  // A shared cache that kept a session's cookies would sign strangers in (RFC 9111 section 7.3).
  reply.headers(NO_STORE)
  // One call for each line: Fastify appends to the `Set-Cookie` headers of earlier hooks. A line that is there stays.
  for (const line of own) if (!before.includes(line)) reply.header('set-cookie', line)
}

/**
 * For a request that is judged once more, as the URL without a route: its lines come once, and keep their place among the
 * headers. Returns what has to be called after that: it takes back the lines that the second judgement has not given.
 */
export function replaceCookies(reply: FastifyReply): () => void {
  const { own: before, cacheControl } = linesOf.get(reply) ?? NONE
  if (before.length === 0) return () => {}
  linesOf.set(reply, { ...NONE, before })
  return () => {
    const { own } = linesOf.get(reply) ?? NONE
    const unwanted = before.filter((line) => !own.includes(line))
    if (unwanted.length > 0) takeBack(unwanted, reply)
    if (own.length > 0) return
    if (cacheControl === undefined) reply.removeHeader(CACHE_CONTROL)
    else reply.header(CACHE_CONTROL, cacheControl)
  }
}

function takeBack(unwanted: readonly string[], reply: FastifyReply): void {
  const present = [reply.getHeader('set-cookie') ?? []].flat().map(String)
  reply.removeHeader('set-cookie')
  for (const line of present) if (!unwanted.includes(line)) reply.header('set-cookie', line)
}
