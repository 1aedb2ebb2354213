import { isReverificationConfig } from '../../core/auth/has.js'
import { AuthorizeParamsError } from '../../core/errors.js'
import { isRecord } from '../../core/json.js'
import { assertScopes } from './required-scopes.js'

const TEXT_CONDITIONS = ['role', 'permission', 'feature', 'plan'] as const
const CONDITIONS: readonly string[] = [...TEXT_CONDITIONS, 'reverification', 'scopes']

/** Throws, when the guard is made, for a condition that could never permit a request or that has a misspelt name. */
export function assertAuthorizeCondition(condition: unknown): void {
  if (typeof condition === 'function') {
    if (condition.constructor.name === 'AsyncFunction') throw new AuthorizeParamsError('predicate', 'synchronous')
    return
  }
  if (!isRecord(condition)) {
    throw new AuthorizeParamsError('condition', 'an object or a function (has, auth) => boolean')
  }
  const unknown = Object.keys(condition).find((key) => !CONDITIONS.includes(key))
  if (unknown !== undefined) throw new AuthorizeParamsError(unknown, `left out; known are ${CONDITIONS.join(', ')}`)
  if (CONDITIONS.every((key) => condition[key] === undefined)) {
    throw new AuthorizeParamsError('condition', `an object with at least one of ${CONDITIONS.join(', ')}`)
  }
  if (condition.scopes !== undefined) assertScopes(condition.scopes)
  for (const key of TEXT_CONDITIONS) {
    const value = condition[key]
    if (value === undefined) continue
    if (typeof value !== 'string' || value === '') throw new AuthorizeParamsError(key, 'a non-empty string')
    const expected = expectedInstead(key, value)
    if (expected !== null) throw new AuthorizeParamsError(key, expected)
  }
  if (condition.reverification !== undefined && !isReverificationConfig(condition.reverification)) {
    throw new AuthorizeParamsError(
      'reverification',
      'strict_mfa, strict, moderate, lax, or { level, afterMinutes } with a level of first_factor, second_factor or multi_factor and minutes above 0'
    )
  }
}

/**
 * The form to write instead, of a condition that no session token can meet, or that lets others pass than it names
 * (auth/README.md section 6). Null: the condition is right.
 */
function expectedInstead(key: (typeof TEXT_CONDITIONS)[number], value: string): string | null {
  if (key === 'role' || key === 'permission') {
    const name = value.replace(/^(org:)+/, '')
    if (name === '') return 'a name after org:'
    const isOfClerk = key === 'permission' && name.startsWith('sys_')
    return isOfClerk ? 'one of your own: Clerk puts system permissions (org:sys_…) into no session token' : null
  }
  // `has()` ignores everything after a second colon: `org:docs:read`, a permission, would let everybody with `docs` pass.
  const [scope = '', id, more] = value.split(':')
  const isScoped = id !== '' && more === undefined && /^(o|org|organization|u|user)$/.test(scope)
  if (id === undefined || isScoped) return null
  return 'a name, or a scope (org or user), a colon and a name'
}
