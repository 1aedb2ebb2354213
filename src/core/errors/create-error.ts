import { createError as createFastifyError, type FastifyErrorConstructor } from '@fastify/error'
import { helpAt } from '../help-page.js'

export interface ErrorEntry {
  readonly code: string
  /** As in the source, with `%s` where a name goes. */
  readonly text: string
  readonly statusCode: number
}

const entries: ErrorEntry[] = []

/** Every error of the package: the help page is made of them. */
export const errorEntries: readonly ErrorEntry[] = entries

/**
 * Makes the class of an error, and its entry. Nothing a client sent and no secret may be part of a message: the only values
 * put in for `%s` are names of options, variables and routes, expected types and values, and reasons from closed lists.
 */
export function createError<const C extends `FST_CLERK_${string}`, const S extends number>(
  code: C,
  text: string,
  statusCode: S
): FastifyErrorConstructor<{ code: C; statusCode: S }> {
  entries.push(Object.freeze({ code, text, statusCode }))
  const Constructor = createFastifyError<C, S>(code, text, statusCode)
  return statusCode < 500 ? Constructor : withHelp(Constructor, code)
}

/**
 * Adds `help`, the place where the error is explained. Errors of 500 and more alone have it: their reader is the operator,
 * to whom Node prints it when the server does not start, and the log shows it. Other errors are answers to clients.
 */
function withHelp<C extends FastifyErrorConstructor<{ code: string; statusCode: number }>>(
  Constructor: C,
  code: string
): C {
  const help = helpAt(code)
  return new Proxy(Constructor, {
    construct(target, args, newTarget) {
      const error = Reflect.construct(target, args, newTarget)
      // Not by the prototype: Node prints an error's own properties.
      error.help = help
      return error
    }
  })
}
