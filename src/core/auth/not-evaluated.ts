import { NotEvaluatedError } from '../errors.js'
import type { Auth } from './types.js'

type KeyOf<Union> = Union extends unknown ? keyof Union : never

/**
 * `request.auth` on a route with `config: { clerk: false }`. The request's credentials have not been read, so every
 * property is `never`: a call or a property of one is a compile error, and reading one throws `FST_CLERK_NOT_EVALUATED`. The type is
 * assignable to every auth type, so that hooks and helpers typed for `request.auth` fit such routes too. It is not a
 * member of `Auth`, so that narrowing an `Auth` stays as simple as it is.
 */
export type AuthNotEvaluated = { readonly [Key in KeyOf<Auth>]: never }

const TEXT = '[auth not evaluated: config.clerk is false]'
const toJSON = (): string => TEXT

// Loggers, inspectors and `await` read these keys of any object. Every other key is a question about the user, and
// throws.
function read(target: object, key: string | symbol): unknown {
  if (typeof key === 'symbol') return Reflect.get(target, key)
  if (key === 'toJSON' || key === 'toString') return toJSON
  if (key === 'then') return undefined
  throw new NotEvaluatedError()
}

function refuse(): never {
  throw new NotEvaluatedError()
}

/**
 * The only object of this type. `getOwnPropertyDescriptor` and `ownKeys` need no trap: the target has no properties.
 */
export const authNotEvaluated: AuthNotEvaluated = new Proxy(
  Object.freeze(Object.create({ [Symbol.toStringTag]: 'AuthNotEvaluated' })),
  {
    get: read,
    has: (target, key) => (typeof key === 'symbol' ? Reflect.has(target, key) : refuse()),
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse
  }
) as unknown as AuthNotEvaluated

/** Whether an auth is the one of a route without authentication. To be called before any property is read. */
export function isAuthNotEvaluated(auth: object): auth is AuthNotEvaluated {
  return auth === authNotEvaluated
}
