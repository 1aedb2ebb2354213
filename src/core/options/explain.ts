import { OptionTypeError } from '../errors.js'
import { describeType, type Given } from './given.js'

/** Null when not given: what it is then follows from the type of the instance. */
export function readExplain<Permission>({ name, value }: Given): boolean | Permission | null {
  if (value === undefined) return null
  if (typeof value === 'boolean') return value
  if (typeof value === 'function') return value as Permission
  throw new OptionTypeError(name, 'true, false or a function', describeType(value))
}
