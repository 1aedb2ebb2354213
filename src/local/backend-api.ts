import type { Handler, LocalRequest, LocalState } from './state.js'

/** Error body as BAPI sends it. */
export function apiError(status: number, code: string, message: string): Response {
  return Response.json({ errors: [{ code, message, long_message: message }] }, { status })
}

/** Runs the handler only for the instance's secret key. */
export function withSecretKey(handler: Handler): Handler {
  return (request, state) => {
    if (hasSecretKey(request, state)) return handler(request, state)
    return apiError(401, 'clerk_key_invalid', 'The provided Clerk Secret Key is invalid.')
  }
}

function hasSecretKey(request: LocalRequest, state: LocalState): boolean {
  return request.headers.get('authorization') === `Bearer ${state.instance.secretKey}`
}

export const keySet: Handler = (_request, state) => Response.json({ keys: state.keys.published() })
