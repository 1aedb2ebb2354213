import { OptionValueError } from '../core/errors.js'
import { checkItem } from '../core/options/checks.js'
import type { Given } from '../core/options/given.js'

/** Whether the value is a `scope-token` (RFC 6749 section 3.3): none needs escaping in a header. */
export function isScope(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(value)
}

export function checkScope(given: Given): string {
  const scope = checkItem(given)
  if (isScope(scope)) return scope
  throw new OptionValueError(given.name, 'a word of RFC 6749 section 3.3')
}
