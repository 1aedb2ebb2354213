import type { FastifyInstance } from 'fastify'
import { isGuardHook } from './guards/guard-hook.js'
import { hooksOf } from './scopes.js'

/** Whether a guard is among the hooks that every route of this scope gets. Fastify has put them together when it is ready. */
export function isGuardedScope(fastify: FastifyInstance): boolean {
  const { onRequest = [], preParsing = [], preValidation = [], preHandler = [] } = hooksOf(fastify)
  return [onRequest, preParsing, preValidation, preHandler].flat().some(isGuardHook)
}
