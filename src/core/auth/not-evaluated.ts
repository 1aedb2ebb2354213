import { NotEvaluatedError } from '../errors.js'
import type { Auth } from './types.js'

type KeyOf<Union> = Union extends unknown ? keyof Union : never

/**
 * `request.auth` on a route with `config: { clerk: false }`: nobody looked at the request's credentials, so it answers
 * no question. Every property is `never`, which turns a call or a comparison into a compile error, and reading one
 * throws `FST_CLERK_NOT_EVALUATED`. It is assignable to every auth type, so hooks and helpers typed for
 * `request.auth` keep fitting such routes; and it is not a member of `Auth`, whose narrowing stays as it is.
 */
export type AuthNotEvaluated = { readonly [Key in KeyOf<Auth>]: never }

const TEXT = '[auth not evaluated: config.clerk is false]'
const toJSON = (): string => TEXT

// What loggers, inspectors and `await` ask of any object answers; everything else is a question about identity.
function read(target: object, key: string | symbol): unknown {
  if (typeof key === 'symbol') return Reflect.get(target, key)
  if (key === 'toJSON' || key === 'toString') return toJSON
  if (key === 'then') return undefined
  throw new NotEvaluatedError()
}

function refuse(): never {
  throw new NotEvaluatedError()
}

/** The one object that stands for it. `getOwnPropertyDescriptor` and `ownKeys` find nothing and are left alone. */
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

/** Whether this is the stand-in of a route without authentication; the only question that is safe to ask it. */
export function isAuthNotEvaluated(auth: object): auth is AuthNotEvaluated {
  return auth === authNotEvaluated
}
