import type { TokenType } from '../../core/token-types.js'
import { GUARDED, isGuardHook, requirementOf } from './guard-hook.js'
import type { GuardRequirement } from './types.js'

/** Hooks of a route or of a scope, by their lifecycle. */
export type Hooks = { readonly [Name in (typeof GUARDED)[number]]?: unknown }

export function listOf(hooks: unknown): readonly unknown[] {
  return hooks === undefined ? [] : Array.isArray(hooks) ? hooks : [hooks]
}

/** Whether a guard is among these hooks, of a route or of its scope. */
export function hasGuard(hooks: Hooks): boolean {
  return GUARDED.some((name) => listOf(hooks[name]).some(isGuardHook))
}

/** What the guards ask, in the order in which they run: at each step of the lifecycle the scope before the route. */
export function guardsOf(...hooks: readonly Hooks[]): readonly GuardRequirement[] {
  return GUARDED.flatMap((name) => hooks.flatMap((of) => listOf(of[name]).flatMap((hook) => requirementOf(hook) ?? [])))
}

/** Whether a guard permits any token of this type. */
export function mayPermit({ conditions, scopes, tokenTypes }: GuardRequirement, type: TokenType): boolean {
  if (tokenTypes !== undefined && !tokenTypes.includes(type)) return false
  if (conditions === null && scopes.length === 0) return true
  return type === 'session_token' ? conditions !== null : scopes.length > 0
}
