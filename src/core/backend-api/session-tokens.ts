import type { SessionAuthContext } from '../auth/session-auth.js'
import { TokenFetchError } from '../errors.js'
import type { BackendApi } from './backend-api.js'
import type { BackendFailure } from './result.js'

/**
 * How `auth.getToken({ template, expiresInSeconds })` gets its token. Without a secret key (`null`) it always rejects.
 */
export function createSessionAuthContext(backendApi: BackendApi | null): SessionAuthContext {
  return {
    async fetchToken(sessionId, options) {
      if (backendApi === null) throw new TokenFetchError('the option secretKey is missing')
      const result = await backendApi.createSessionToken(sessionId, options)
      if (!result.ok) throw new TokenFetchError(describe(result))
      return result.value
    }
  }
}

function describe(failure: BackendFailure): string {
  switch (failure.kind) {
    case 'http':
      return `status ${failure.status}${failure.code === null ? '' : `, code ${failure.code}`}`
    case 'busy':
      return `rate limit, try again in ${failure.retryAfterSeconds} s`
    case 'refused':
      return 'the session id or template name cannot be a path segment'
    case 'keyless':
      return 'the option secretKey is missing'
    case 'timeout':
      return 'no answer in time'
    case 'network':
      return 'no answer'
    case 'malformed':
      return 'an answer of another form'
  }
}
