import type { FastifyInstance, RouteOptions } from 'fastify'
import { FastifyInternalsError } from '../core/errors.js'

// Fastify has no public way to the scopes inside a scope, nor to the hooks of one. Both are properties of the server
// with a symbol as name, found by its description. Where they are missing, the server does not start: without them,
// routes of earlier scopes would be open without a sign of it.

type RouteHook = (
  this: FastifyInstance,
  route: RouteOptions & { routePath: string; path: string; prefix: string }
) => void

/** Whether this is the whole server and not a scope in it. */
export function isWholeServer(fastify: FastifyInstance): boolean {
  return wholeServerOf(fastify) === fastify
}

/** The server that a scope is in. A scope has the scope around it as its prototype. */
export function wholeServerOf(fastify: FastifyInstance): FastifyInstance {
  let scope: FastifyInstance = fastify
  for (;;) {
    const around: unknown = Object.getPrototypeOf(scope)
    if (!isScope(around)) return scope
    scope = around
  }
}

/** Whether `scope` is this one or inside it. */
export function isWithin(scope: FastifyInstance, fastify: FastifyInstance): boolean {
  return scope === fastify || Object.prototype.isPrototypeOf.call(fastify, scope)
}

function isScope(object: unknown): object is FastifyInstance {
  return typeof object === 'object' && object !== null && 'register' in object
}

/** The scopes that have been made directly inside this one so far. */
export function scopesInside(fastify: FastifyInstance): readonly FastifyInstance[] {
  return internal(fastify, 'fastify.children') as readonly FastifyInstance[]
}

/** The hooks of a scope by their lifecycle, those of the scopes around it included. */
export function hooksOf(fastify: FastifyInstance): Readonly<Record<string, readonly unknown[] | undefined>> {
  return internal(fastify, 'fastify.hooks') as Record<string, readonly unknown[]>
}

/**
 * Calls `hook` for every route that the scope gets from now on. Fastify hands `onRoute` hooks to scopes that are made
 * later; this adds them to those that are there already, and may get their routes afterwards.
 */
export function addRouteHook(fastify: FastifyInstance, hook: RouteHook): void {
  fastify.addHook('onRoute', hook)
  for (const scope of scopesInside(fastify)) addRouteHook(scope, hook)
}

/** Adds an `onRequest` hook of the scope that runs before those which it, and each scope inside, has already. */
export function addFirstHook(fastify: FastifyInstance, hook: (...args: never[]) => void): void {
  ;(hooksOf(fastify).onRequest as unknown[]).unshift(hook)
  for (const scope of scopesInside(fastify)) addFirstHook(scope, hook)
}

function internal(fastify: FastifyInstance, description: string): unknown {
  for (let at: object | null = fastify; at !== null; at = Object.getPrototypeOf(at)) {
    const symbol = Object.getOwnPropertySymbols(at).find((own) => own.description === description)
    if (symbol !== undefined) return (fastify as unknown as Record<symbol, unknown>)[symbol]
  }
  throw new FastifyInternalsError()
}
