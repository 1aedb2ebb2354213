import type { FastifyInstance } from 'fastify'
import { GuardUseError } from '../core/errors.js'
import { isGuardHook } from './guards/guard-hook.js'
import { isNamed } from './hook-name.js'
import { hooksOf, scopesInside } from './scopes.js'

/** Whether a guard is among the hooks that every route of this scope gets. Fastify has put them together when it is ready. */
export function isGuardedScope(fastify: FastifyInstance): boolean {
  const { onRequest = [], preParsing = [], preValidation = [], preHandler = [] } = hooksOf(fastify)
  return [onRequest, preParsing, preValidation, preHandler].flat().some(isGuardHook)
}

/** Refuses a guard of a scope that runs before the hook of this name, which authenticates: it would answer 500 to everybody. */
export function assertGuardsFollow(fastify: FastifyInstance, hookName: string): void {
  const { onRequest = [] } = hooksOf(fastify)
  const authenticatesAt = onRequest.findIndex((hook) => isNamed(hook, [hookName]))
  if (onRequest.some((hook, index) => index < authenticatesAt && isGuardHook(hook))) {
    throw new GuardUseError(
      `in onRequest of a scope it runs before authentication: add it after fastify-clerk-auth has loaded, or as preHandler (scope ${fastify.prefix || '/'})`
    )
  }
  for (const scope of scopesInside(fastify)) assertGuardsFollow(scope, hookName)
}
