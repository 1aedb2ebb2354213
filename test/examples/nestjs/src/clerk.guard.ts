import { type CanActivate, type ExecutionContext, HttpException } from '@nestjs/common'
import type { FastifyError } from 'fastify'
import { authorize, type GuardHook, type HasParams, requireAuth } from 'fastify-clerk-auth'

/** A guard of Nest from a hook of Fastify. */
function toGuard(hook: GuardHook): CanActivate {
  return {
    async canActivate(context: ExecutionContext) {
      const http = context.switchToHttp()
      await hook(http.getRequest(), http.getResponse()).catch(rethrow)
      return true
    }
  }
}

/** Nest logs every error that is no HttpException, and strangers can cause any number of refusals. */
function rethrow(error: FastifyError): never {
  const { statusCode = 500, code, message } = error
  throw statusCode === 500 ? error : new HttpException({ statusCode, code, message }, statusCode)
}

export const SignedIn = toGuard(requireAuth)
export const Permitted = (conditions: HasParams) => toGuard(authorize(conditions))
