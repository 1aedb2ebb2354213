import { createError } from '@fastify/error'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isThenable } from '../core/later.js'
import { isHidingHook } from './guards/guard-hook.js'
import { AUDIT_ANSWER, isAuthenticateHook, isNamed } from './hook-name.js'
import { replaceCookies } from './response-parts.js'
import { policyOf } from './route-policy.js'

// What Fastify's router does for a URL without a route, for a request that has a route. `reply.callNotFound()` alone can be
// told from it: it leaves out the hooks before `preHandler` and the parsing of the body, which answers 400, 413 and 415
// where nothing is. Fastify has no public way to that, so the context of a request is exchanged, found by the description of
// its symbol. Where a version of Fastify names it otherwise, `callNotFound()` has to do.

type Settle = (error?: unknown) => void
type Hook = (request: FastifyRequest, reply: FastifyReply, ...rest: unknown[]) => unknown

/** The part of Fastify's context of a route that is used here. */
interface Context {
  readonly handler?: unknown
  readonly config?: unknown
  readonly onRequest?: readonly Hook[] | null
  readonly onResponse?: readonly Hook[] | null
  readonly onSend?: readonly Hook[] | null
  readonly preParsing?: readonly Hook[] | null
  readonly preValidation?: readonly Hook[] | null
  readonly contentTypeParser?: {
    run(contentType: string, then: () => void, request: FastifyRequest, reply: FastifyReply): void
  }
  [key: symbol]: unknown
}

// Fastify's own errors: for a `Content-Type` that cannot be read, and for a QUERY without one.
const InvalidMediaTypeError = createError('FST_ERR_CTP_INVALID_MEDIA_TYPE', 'Unsupported Media Type', 415)
const MISSING_TYPE = "Method '%s' must provide a 'Content-Type' header."
const MissingContentTypeError = createError('FST_ERR_ROUTE_MISSING_CONTENT_TYPE', MISSING_TYPE, 400)

/** Methods whose body Fastify reads, as it knows them: the application may add some, and take some out. */
interface Methods {
  readonly bodywith?: ReadonlySet<string>
}

/** Fastify's router of not-found handlers, of which each prefix may have its own. */
interface NotFound {
  readonly router?: { find(method: string, url: string): { readonly store: unknown } | null }
}

/** A request's slot for its context, that context, and the router's for a URL without a route; null where Fastify has none. */
interface Contexts {
  readonly slot: symbol
  readonly route: Context
  readonly slotOfNothing: symbol | null
  readonly nothing: Context | null
}

function contextsOf(request: FastifyRequest): Contexts | null {
  const slot = symbolOf(request, 'fastify.context')
  const route = slot === null ? undefined : (request as unknown as Record<symbol, Context>)[slot]
  if (slot === null || !route) return null
  const slotOfNothing = symbolOf(route, 'fastify.404ContextKey')
  const nothing = slotOfNothing === null ? null : ((route[slotOfNothing] as Context | null | undefined) ?? null)
  return { slot, route, slotOfNothing, nothing: nothing && (foundByUrl(request) ?? nothing) }
}

/**
 * The router's context by the URL as it came: the scope of the route may have another not-found handler. Prefixes of these have
 * case and single slashes, whatever the options of the router for routes.
 */
function foundByUrl({ server, raw }: FastifyRequest): Context | null {
  const found = hiddenOf<NotFound>(server, 'fastify.404')?.router?.find(raw.method as string, raw.url as string)
  return (found?.store as Context | null | undefined) ?? null
}

function hides(route: Context): boolean {
  return route.onRequest?.some(isHidingHook) ?? false
}

/** Whether a guard among the hooks of the request's route refuses as if the route did not exist. */
export function isHidden(request: FastifyRequest): boolean {
  const contexts = contextsOf(request)
  return contexts !== null && hides(contexts.route)
}

/**
 * For an answer that is given before the guards, as a redirect to Clerk is: the `onSend` hooks of a hidden route and of its scope
 * would tell it from a URL without a route.
 */
export function leaveHiddenRoute(request: FastifyRequest): void {
  const contexts = contextsOf(request)
  if (contexts === null || contexts.nothing === null || !hides(contexts.route)) return
  const slots = request as unknown as Record<symbol, Context>
  slots[contexts.slot] = contextOfRouter(contexts.nothing, contexts.route)
}

/**
 * Answers as the router would if the route of this request did not exist. `note` is called before the answer is made, once
 * nothing writes the decision about the request any more. `isJudgedAgain`: also where the route has no policy of its own, as
 * the plugin itself has refused the request, by the error handler of the route, and would refuse it by that of the router.
 */
export function answerAsNothingThere(
  request: FastifyRequest,
  reply: FastifyReply,
  note: () => void,
  { isJudgedAgain = false } = {}
): void {
  const contexts = contextsOf(request)
  // By hand in a handler, the body has been read. Without a context for it, the request is a not-found request already.
  if (contexts === null || contexts.nothing === null || request.body !== undefined) {
    note()
    reply.callNotFound()
    return
  }
  const { slot, route, slotOfNothing } = contexts
  const nothing = contextOfRouter(contexts.nothing, route)
  const slots = request as unknown as Record<symbol, Context>
  slots[slot] = nothing

  const fail: Settle = (error) => void reply.send(error)
  // By the same registration of the plugin, whose hook has a name of its own, and by its options alone.
  const isOfOne = route.onRequest?.find(isAuthenticateHook)?.name === nothing.onRequest?.find(isAuthenticateHook)?.name
  const isJudgedAlike = !isJudgedAgain && isOfOne && policyOf(route.config) === undefined
  authenticateAgain(nothing, isJudgedAlike, request, reply, fail, () => {
    note()
    runHooks(nothing.preParsing, request, reply, request.raw, fail, (payload) => {
      readBody(nothing, request, reply, payload, () => {
        runHooks(nothing.preValidation, request, reply, undefined, fail, () => {
          // From here on Fastify goes on by itself: the preHandler hooks of the not-found handler, and the handler.
          slots[slot] = Object.create(route, { [slotOfNothing as symbol]: { value: nothing } }) as Context
          reply.callNotFound()
        })
      })
    })
  })
}

const DEBUG_HEADERS = ['x-clerk-auth-status', 'x-clerk-auth-reason', 'x-clerk-auth-message']

/**
 * The debug headers and cookies tell how the route has judged the request, as by the types of tokens that it accepts. Where
 * there is no route, the plugin judges by its own options, or does not run at all.
 */
function authenticateAgain(
  nothing: Context,
  isJudgedAlike: boolean,
  request: FastifyRequest,
  reply: FastifyReply,
  fail: Settle,
  then: () => void
): void {
  const hook = nothing.onRequest?.find(isAuthenticateHook)
  if (hook !== undefined && isJudgedAlike) {
    then()
    return
  }
  // Emptied, and removed afterwards: a header that is overwritten keeps its place among the others, which tells as well.
  for (const name of DEBUG_HEADERS) if (reply.hasHeader(name)) reply.header(name, '')
  const takeBackCookies = replaceCookies(reply)
  runHooks(hook && [hook], request, reply, undefined, fail, () => {
    takeBackCookies()
    for (const name of DEBUG_HEADERS) if (reply.getHeader(name) === '') reply.removeHeader(name)
    then()
  })
}

/**
 * Fastify gives each route a copy of the router's context, with the `onSend` hooks of the route, which would not run for a URL
 * without a route. Its `onResponse` hooks stay: the answer is sent by then, and they know whom it was refused. So does the
 * hook of the audit log, for a client that takes no answer.
 */
function contextOfRouter(own: Context, { onResponse, onSend }: Context): Context {
  const original = Object.getPrototypeOf(own) as Context | null
  const context = typeof original?.handler === 'function' ? original : own
  const recording = (onSend ?? []).filter((hook) => isNamed(hook, [AUDIT_ANSWER]))
  const hooks = recording.length === 0 ? context.onSend : [...(context.onSend ?? []), ...recording]
  return Object.create(context, { onResponse: { value: onResponse }, onSend: { value: hooks } }) as Context
}

function readBody(context: Context, request: FastifyRequest, reply: FastifyReply, payload: unknown, then: () => void) {
  const { headers, method, server } = request
  const methods = hiddenOf<Methods>(server, 'fastify.acceptedHTTPMethods')
  const parser = context.contentTypeParser
  const type = headers['content-type']
  const isEmpty =
    headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0' && type === undefined
  if (parser === undefined || !methods?.bodywith?.has(method)) {
    then()
    return
  }
  if (method === 'QUERY' && type === undefined) {
    reply.send(new MissingContentTypeError(method))
    return
  }
  if (isEmpty) {
    then()
    return
  }
  if (type !== undefined && request.mediaType === undefined) {
    reply.send(new InvalidMediaTypeError())
    return
  }
  parser.run(type ?? '', then, withPayload(request, payload), reply)
}

/** The request as a parser sees it, which takes the stream from a slot of Fastify's own. */
function withPayload(request: FastifyRequest, payload: unknown): FastifyRequest {
  return new Proxy(request, {
    get(target, name) {
      const isSlot = typeof name === 'symbol' && name.description === 'fastify.RequestPayloadStream'
      return isSlot ? payload : Reflect.get(target, name, target)
    },
    set: (target, name, value) => Reflect.set(target, name, value, target)
  })
}

/** Runs hooks in order, with callbacks and with promises. `payload`: of `preParsing` hooks, which may replace it. */
function runHooks(
  hooks: readonly Hook[] | null | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  fail: Settle,
  then: (payload: unknown) => void
): void {
  let index = 0
  let current = payload
  function next(error?: unknown, replaced?: unknown): void {
    if (reply.sent) return
    if (error) {
      fail(error)
      return
    }
    if (replaced !== undefined) current = replaced
    const hook = hooks?.[index++]
    if (hook === undefined) {
      then(current)
      return
    }
    try {
      const result = payload === undefined ? hook(request, reply, next) : hook(request, reply, current, next)
      if (isThenable(result)) result.then((value) => next(null, payload === undefined ? undefined : value), fail)
    } catch (thrown) {
      fail(thrown)
    }
  }
  next()
}

function symbolOf(object: object, description: string): symbol | null {
  return Object.getOwnPropertySymbols(object).find((own) => own.description === description) ?? null
}

/** What a server keeps under a symbol. Scopes inherit it. */
function hiddenOf<T>(server: object, description: string): T | null {
  for (let owner: object | null = server; owner !== null; owner = Object.getPrototypeOf(owner) as object | null) {
    const symbol = symbolOf(owner, description)
    if (symbol !== null) return (owner as Record<symbol, T>)[symbol] ?? null
  }
  return null
}
