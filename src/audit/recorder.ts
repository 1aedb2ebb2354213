import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import type { Auth } from '../auth/types.js'
import { truncateAddress } from './address.js'
import type { Identity } from './identity.js'
import type { Journal } from './journal.js'
import { jsonString, jsonStringOrNull, jsonValue } from './json-text.js'
import type { AddressRule } from './options.js'
import type { Redaction } from './redaction.js'
import type { RouteRule } from './route-rule.js'
import type { AuditNote } from './types.js'

/** What a record is made of, as far as it is the request's: a plain view, so that Fastify stays in the plugin. */
export interface RecordedRequest {
  readonly id: string
  readonly method: string
  readonly ip: string
  readonly headers: IncomingHttpHeaders
  readonly params: unknown
  readonly auth: Auth | null | undefined
}

export interface RecorderParts {
  readonly journal: Journal
  readonly identify: (auth: Auth | null | undefined) => Identity
  readonly describeDevice: (headers: IncomingHttpHeaders) => string
  readonly redaction: Redaction
  readonly address: AddressRule
}

export type Recorder = (
  request: RecordedRequest,
  note: AuditNote | null,
  errorCode: string | null,
  status: number,
  durationMs: number,
  isHandshake: boolean,
  isAborted: boolean
) => void

/** Larger details are recorded as their size: one request must not fill the log. */
const MAX_DETAILS_LENGTH = 16_384
const MAX_TEXT_LENGTH = 512

/**
 * The recorder of one route. Decides whether the request is recorded, puts the line together from parts that were made
 * before (route, identity, device) and hands it over: no object, no traversal, no I/O.
 */
export function compileRecorder(rule: RouteRule, parts: RecorderParts): Recorder {
  const { journal, identify, describeDevice, redaction } = parts
  const { isCertain, includesImpersonated, head } = rule
  const addressOf = compileAddress(parts.address, redaction)
  const requestIdOf = compileRequestId(redaction)
  const plainEnd = rule.targetParam === null ? `,"action":${rule.action},"target":null,"details":null` : null

  return function record(request, note, errorCode, status, durationMs, isHandshake, isAborted) {
    const identity = identify(request.auth)
    const isRefused = status === 401 || status === 403
    if (!isRefused && note === null && isCertain[request.method] !== true) {
      if (!includesImpersonated || !identity.isImpersonated) return
    }
    // What differs from request to request comes first, then three texts that were made before.
    journal.add(
      `"requestId":${requestIdOf(request.id)}${outcomeOf(status, isRefused, isHandshake, isAborted)}` +
        `${reasonOf(note, isRefused ? errorCode : null, identity)},"durationMs":${Math.round(durationMs * 10) / 10}` +
        `,"device":{"address":${addressOf(request)},${describeDevice(request.headers)}${identity.text}${head[request.method]}` +
        (note === null && plainEnd !== null ? plainEnd : composeEnd(rule, note, request, redaction))
    )
  }
}

const PLAIN_OK = ',"decision":"allowed","status":200,"aborted":false,"reason":'

function outcomeOf(status: number, isRefused: boolean, isHandshake: boolean, isAborted: boolean): string {
  if (status === 200 && !isAborted) return PLAIN_OK
  const decision = isRefused ? 'refused' : isHandshake ? 'redirected' : 'allowed'
  return `,"decision":"${decision}","status":${status},"aborted":${isAborted},"reason":`
}

// The handler's word first, then why authentication failed, then which rule refused.
function reasonOf(note: AuditNote | null, refusalCode: string | null, identity: Identity): string {
  if (note !== null && typeof note.reason === 'string') return jsonString(cut(note.reason))
  return identity.isAuthenticated && refusalCode !== null ? jsonString(cut(refusalCode)) : identity.reason
}

function compileRequestId(redaction: Redaction): (id: string) => string {
  return (id) => jsonStringOrNull(redaction.apply('requestId', cut(String(id))))
}

function compileAddress(rule: AddressRule, redaction: Redaction): (request: RecordedRequest) => string {
  if (rule === 'none') return () => 'null'
  // With `trustProxy` the address is text from a header: what is no address is not recorded as one.
  const known = (request: RecordedRequest): string | null => (isIP(request.ip) === 0 ? null : request.ip)
  const read =
    rule === 'full'
      ? known
      : (request: RecordedRequest) => {
          const address = known(request)
          return address === null ? null : truncateAddress(address)
        }
  if (redaction.touchesAddress) return (request) => jsonStringOrNull(redaction.apply('device.address', read(request)))
  return (request) => {
    const address = read(request)
    // Nothing in an address needs escaping.
    return address === null ? 'null' : `"${address}"`
  }
}

function composeEnd(rule: RouteRule, note: AuditNote | null, request: RecordedRequest, redaction: Redaction): string {
  const action = typeof note?.action === 'string' ? jsonString(cut(note.action)) : rule.action
  const target = typeof note?.target === 'string' ? cut(note.target) : targetOf(rule, request.params)
  return `,"action":${action},"target":${jsonStringOrNull(redaction.apply('target', target))},"details":${detailsOf(note, redaction)}`
}

function targetOf(rule: RouteRule, params: unknown): string | null {
  if (rule.targetParam === null || typeof params !== 'object' || params === null) return null
  const value = (params as Record<string, unknown>)[rule.targetParam]
  return typeof value === 'string' || typeof value === 'number' ? cut(String(value)) : null
}

function detailsOf(note: AuditNote | null, redaction: Redaction): string {
  if (note === null) return 'null'
  const { action, target, reason, ...details } = note
  if (Object.keys(details).length === 0) return 'null'
  let text = 'null'
  try {
    text = jsonValue(redaction.details(details))
  } catch {
    // What JSON cannot say (a cycle, a getter that throws) is not recorded; the record is.
  }
  return text.length > MAX_DETAILS_LENGTH ? `{"omittedLength":${text.length}}` : text
}

function cut(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? text.slice(0, MAX_TEXT_LENGTH) : text
}
