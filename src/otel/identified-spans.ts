import { createHmac } from 'node:crypto'
import type { Attributes, Span } from '@opentelemetry/api'
import type { FastifyRequest, HookHandlerDoneFunction, onRequestHookHandler } from 'fastify'
import type { Auth } from '../core/auth/types.js'
import { getAuth } from '../plugin/get-auth.js'
import { identify } from '../plugin/identify.js'
import type { OpenTelemetry } from './api.js'
import { attributesOf } from './attributes.js'

/** What @fastify/otel adds to a request. Inside its hooks the active span is the hook's; the span of the request is here. */
interface TracedRequest {
  opentelemetry?: () => { readonly span?: Span | null }
}

/** Hides an id, or passes it on. */
export type Conceal = (id: string) => string

/** 128 bits of HMAC-SHA-256 in hexadecimal: no two ids meet, and the key is needed to tell whose hash it is. */
export function concealWith(key: string): Conceal {
  return (id) => createHmac('sha256', key).update(id).digest('hex').slice(0, 32)
}

/**
 * A hook, to be run after authentication, that says on the span of the request who it is: `enduser.id` and `session.id` of the
 * semantic conventions, or `enduser.pseudo.id` where ids are concealed; organization and kind under names of Clerk's.
 */
export function createIdentifyHook(
  api: OpenTelemetry,
  concealFor: ((request: FastifyRequest) => Conceal) | null
): onRequestHookHandler {
  return function identifySpan(request: FastifyRequest, _reply: unknown, done: HookHandlerDoneFunction): void {
    const span = spanOf(api, request)
    if (span?.isRecording()) {
      const attributes = describe(request, concealFor)
      if (attributes !== null) span.setAttributes(attributes)
    }
    done()
  }
}

function spanOf({ trace }: OpenTelemetry, request: FastifyRequest & TracedRequest): Span | undefined {
  return request.opentelemetry?.().span ?? trace.getActiveSpan()
}

function describe(
  request: FastifyRequest,
  concealFor: ((request: FastifyRequest) => Conceal) | null
): Attributes | null {
  const identity = identify(request)
  if (identity === null) return null
  const conceal = concealFor === null ? null : concealFor(request)
  const hide = (id: string | null): string | null => (id === null || conceal === null ? id : conceal(id))
  const auth = getAuth(request, { acceptsToken: 'any' })
  return attributesOf({
    [conceal === null ? 'enduser.id' : 'enduser.pseudo.id']: hide(identity.id),
    'clerk.identity.kind': identity.kind,
    'clerk.token.type': auth.tokenType,
    'session.id': hide(sessionIdOf(auth)),
    'clerk.organization.id': hide(organizationIdOf(auth))
  })
}

function sessionIdOf(auth: Auth): string | null {
  return 'sessionId' in auth ? (auth.sessionId ?? null) : null
}

function organizationIdOf(auth: Auth): string | null {
  return 'orgId' in auth ? (auth.orgId ?? null) : null
}
