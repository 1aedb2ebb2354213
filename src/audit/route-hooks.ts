import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest, onResponseHookHandler, RouteOptions } from 'fastify'
import { AuditFullError, RouteOverwrittenError } from '../core/errors.js'
import { isClientGone } from '../plugin/client-gone.js'
import { decisionOf, isRedirect } from '../plugin/decision.js'
import { nameRoutes } from '../plugin/early-routes.js'
import type { GuardVerdict } from '../plugin/guards/types.js'
import { AUDIT_ANSWER, nameHook } from '../plugin/hook-name.js'
import type { Abandoned, Exchange } from './abandoned.js'
import { isReset, isWhole, onClosed } from './client-left.js'
import { compileRecorder, type RecordedRequest, type RecorderParts } from './recorder.js'
import { createRouteRule } from './route-rule.js'
import type { AuditNote } from './types.js'

const RETRY_AFTER_SECONDS = 5

export const kNote = Symbol('fastify-clerk-auth.audit.note')
export const kErrorCode = Symbol('fastify-clerk-auth.audit.error-code')
export const kIsRefused = Symbol('fastify-clerk-auth.audit.is-refused')
const kExchange = Symbol('fastify-clerk-auth.audit.exchange')
const kHook = Symbol('fastify-clerk-auth.audit.hook')

// In scopes that were made before the audit log, Fastify does not initialise what it decorates: `undefined` is as null.
export type AuditedRequest = FastifyRequest &
  RecordedRequest & { [kNote]?: AuditNote | null; [kErrorCode]?: string | null; [kIsRefused]?: boolean | null }

type AuditedResponse = ServerResponse & { [kExchange]?: Exchange }

// Adds hooks to the route and not to the server, so that the route's configuration is read once, here, and not at each
// request. Fastify makes HEAD routes from the options of GET routes, which have these hooks already.
// Returns whether requests of the route may be recorded.
export function hookRoute(route: RouteOptions, parts: RecorderParts, mayWait: boolean, abandoned: Abandoned): boolean {
  const methods = Array.isArray(route.method) ? route.method : [route.method]
  const clerk = (route.config as { clerk?: { audit?: unknown } | boolean } | undefined)?.clerk
  const rule = createRouteRule(methods, route.url, typeof clerk === 'object' ? clerk?.audit : undefined)
  route.onRequest = withoutOurs(route.onRequest)
  route.onSend = withoutOurs(route.onSend)
  route.onError = withoutOurs(route.onError)
  route.onResponse = withoutOurs(route.onResponse)
  if (!rule.isAudited) return false
  const record = compileRecorder(rule, parts)
  const { journal } = parts

  function finish(reply: FastifyReply, status: number, isAborted: boolean): void {
    const exchange = (reply.raw as AuditedResponse)[kExchange]
    if (exchange?.isRecorded) return
    const request = reply.request as AuditedRequest
    const decision = decisionOf(request)
    const isRedirected = decision !== null && isRedirect(decision)
    const unseen = unseenRefusal(request, decision?.verdict ?? null)
    const isRecorded = record(
      request,
      request[kNote] ?? null,
      request[kErrorCode] ?? unseen?.code ?? null,
      status,
      reply.elapsedTime,
      isRedirected,
      isAborted,
      unseen !== null
    )
    if (exchange !== undefined) exchange.isRecorded = isRecorded
  }

  function open(request: FastifyRequest, reply: FastifyReply): Exchange {
    const isAborted = isClientGone(request, reply)
    const exchange: Exchange = { finish, reply, isAnswered: false, isAborted, isRecorded: false }
    const response: AuditedResponse = reply.raw
    response[kExchange] = exchange
    if (!isAborted) onClosed(reply, onResponseClosed)
    return exchange
  }

  // Runs after authentication and guards: the client may have left while they waited.
  function onRequest(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    const exchange = open(request, reply)
    const isCertain = rule.isCertain[request.method] === true
    if (exchange.isAborted) abandoned.add(exchange, isCertain)
    if (!mayWait || journal.hasRoom(isCertain)) {
      done()
      return
    }
    journal.waitForRoom(isCertain, (hasRoom) => {
      if (hasRoom) {
        done()
        return
      }
      exchange.isRecorded = true
      reply.header('retry-after', RETRY_AFTER_SECONDS)
      done(new AuditFullError())
    })
  }

  // For a client that goes away before the response ends, Fastify calls no onResponse: without this, its request would
  // leave no record. As long as the handler runs the outcome is not known; the record is made when it answers (onSend),
  // or after some minutes without an answer, at the latest when the server closes.
  function onResponseClosed(this: ServerResponse): void {
    const exchange = (this as AuditedResponse)[kExchange]
    if (exchange === undefined || exchange.isRecorded) return
    const { reply } = exchange
    if (isWhole(this)) {
      // After callNotFound() Fastify runs onResponse hooks of the not-found handler, which may have none of ours.
      if (reply.request.is404) finish(reply, reply.statusCode, false)
      return
    }
    if (isUpgraded(reply)) {
      finish(reply, 101, false)
      return
    }
    exchange.isAborted = true
    // Whoever writes to the raw response answers without onSend, and may not end it once the client is gone.
    const isAnswered = exchange.isAnswered || reply.sent || this.headersSent
    if (isAnswered) finish(reply, reply.statusCode, true)
    else abandoned.add(exchange, rule.isCertain[reply.request.method] === true)
  }

  // There is no exchange yet where a guard has answered.
  function onSend(request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: () => void): void {
    const exchange = (reply.raw as AuditedResponse)[kExchange] ?? open(request, reply)
    if (!exchange.isAnswered) {
      exchange.isAnswered = true
      if (exchange.isAborted) {
        // It may not wait any more, and have no record: its outcome did not ask for one as long as it was not known.
        abandoned.delete(exchange)
        finish(reply, reply.statusCode, true)
      }
    }
    done()
  }

  function onResponse(_request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    conclude(reply, finish)
    done()
  }

  route.onRequest = [...route.onRequest, ours(onRequest)]
  route.onSend = [...route.onSend, ours(nameHook(onSend, AUDIT_ANSWER))]
  route.onError = [...route.onError, ours(noteErrorCode)]
  route.onResponse = [...route.onResponse, ours(onResponse)]
  return true
}

/** A stream of HTTP/2 that was reset before its answer finishes as well: its record is made when it is answered. */
function conclude(reply: FastifyReply, finish: Exchange['finish']): void {
  const isAborted = isReset(reply.raw)
  if (!isAborted || reply.raw.headersSent) finish(reply, reply.statusCode, isAborted)
}

/** An `onRoute` hook of another plugin may have replaced the hooks of a route instead of adding to them. */
export function assertIntact(route: RouteOptions): void {
  for (const name of ['onRequest', 'onSend', 'onError', 'onResponse'] as const) {
    const hooks: readonly unknown[] = [route[name]].flat()
    if (hooks.some(isOurs)) continue
    throw new RouteOverwrittenError(nameRoutes([{ method: String(route.method), url: route.url }]), name)
  }
}

/**
 * Whether a WebSocket library has taken the socket over: it answers 101 by itself, and the response ends with the
 * socket.
 */
function isUpgraded(reply: FastifyReply): boolean {
  return reply.sent && !reply.raw.headersSent && reply.request.headers.upgrade !== undefined
}

// The auth of a refused request that is authenticated has no reason. The code of the error tells which rule refused it.
function noteErrorCode(request: FastifyRequest, _reply: FastifyReply, error: Error, done: () => void): void {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  const audited = request as AuditedRequest
  if (typeof code === 'string') audited[kErrorCode] = code
  audited[kIsRefused] = statusCode === 401 || statusCode === 403
  done()
}

/** The refusal of a guard whose answer need not show it: a hidden one, or one that an error handler answers at will. */
function unseenRefusal(request: AuditedRequest, verdict: GuardVerdict | null): GuardVerdict | null {
  if (verdict === null || verdict.isHidden) return verdict
  return request[kIsRefused] === true && request[kErrorCode] === verdict.code ? verdict : null
}

let registrations = 0

/**
 * Records refusals of requests without a route: a hook of the whole server may refuse those too. Returns the name of the
 * hook, which runs for every route of the scope.
 */
export function hookNotFound(fastify: FastifyInstance, parts: RecorderParts): string {
  const recorders = new Map<string, ReturnType<typeof compileRecorder>>()
  const hookName = `audit.${++registrations}`
  const record404: onResponseHookHandler = (request, reply, done) => {
    const exchange = (reply.raw as AuditedResponse)[kExchange]
    // A route has called callNotFound().
    if (request.is404 && exchange !== undefined) conclude(reply, exchange.finish)
    else if (request.is404) {
      const { method } = request
      let record = recorders.get(method)
      if (record === undefined) {
        record = compileRecorder(createRouteRule([method], null, { when: 'refused' }), parts)
        recorders.set(method, record)
      }
      const audited = request as AuditedRequest
      // The onError hook of routes does not run here: the guard's verdict has the code of the refusal.
      const errorCode = decisionOf(request)?.verdict?.code ?? null
      record(audited, audited[kNote] ?? null, errorCode, reply.statusCode, reply.elapsedTime, false, false)
    }
    done()
  }
  fastify.addHook('onResponse', nameHook(record404, hookName))
  return hookName
}

function isOurs(hook: unknown): boolean {
  return typeof hook === 'function' && (hook as { [kHook]?: true })[kHook] === true
}

function ours<T extends object>(hook: T): T {
  return Object.assign(hook, { [kHook]: true })
}

function withoutOurs<T>(hooks: T | T[] | undefined): T[] {
  const list = hooks === undefined ? [] : Array.isArray(hooks) ? hooks : [hooks]
  return list.filter((hook) => !isOurs(hook))
}
