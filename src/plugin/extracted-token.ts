import type { FastifyRequest } from 'fastify'
import { ExtractTokenError } from '../core/errors.js'
import { helpAt } from '../core/help-page.js'
import type { Instance } from '../core/instance.js'
import type { Logger } from '../core/logger.js'
import type { ExtractToken } from '../core/options/instance-options.js'

/** Requests whose token the application has found: no page of another origin makes a browser send it along. */
const extracted = new WeakSet<object>()

export function isTokenExtracted(request: object): boolean {
  return extracted.has(request)
}

/** No token has this form: the state machine refuses it as malformed, and looks at no cookie instead. */
const MALFORMED = '-'

/**
 * Asks the option `extractToken`. A function that fails does so by what a client has sent: the request is signed out, as
 * with a malformed token in the header, and the log has the cause.
 */
export function extractToken(instance: Instance, request: FastifyRequest): string | undefined {
  // The usual case on its own: the function below makes a closure.
  return instance.settings.extractToken === null
    ? undefined
    : ask(instance.settings.extractToken, instance.log, request)
}

function ask(extract: ExtractToken, log: Logger, request: FastifyRequest): string | undefined {
  let token: unknown
  try {
    token = extract(request)
  } catch (error) {
    return refuse(error)
  }
  if (token === undefined) return undefined
  extracted.add(request)
  return typeof token === 'string' && token !== '' ? token : refuse(undefined)

  function refuse(cause: unknown): string {
    extracted.add(request)
    const err = new ExtractTokenError()
    // The name alone: the message may quote the token.
    log.warn(
      { code: err.code, cause: cause instanceof Error ? cause.name : typeof token, help: helpAt(err.code) },
      err.message
    )
    return MALFORMED
  }
}
