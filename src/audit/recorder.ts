import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import type { Auth } from '../core/auth/types.js'
import { truncateAddress } from './address.js'
import { kAddress } from './client-left.js'
import type { Identity } from './identity.js'
import type { Journal } from './journal.js'
import { cut, jsonString, jsonStringOrNull, jsonValue, MAX_TEXT_LENGTH } from './json-text.js'
import type { AddressRule } from './options.js'
import type { RecordBuffer } from './record-buffer.js'
import type { Redaction } from './redaction.js'
import type { RouteRule } from './route-rule.js'
import type { AuditNote } from './types.js'

/** The part of Fastify's request that a record is made from. */
export interface RecordedRequest {
  readonly id: string
  readonly method: string
  readonly ip: string
  readonly headers: IncomingHttpHeaders
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly params: unknown
  readonly auth: Auth | null | undefined
  readonly [kAddress]?: string | null
}

export interface RecorderParts {
  readonly journal: Journal
  readonly identify: (auth: Auth | null | undefined) => Identity
  readonly describeDevice: (headers: IncomingHttpHeaders) => Uint8Array
  readonly redaction: Redaction
  readonly address: AddressRule
}

/** Returns whether there is nothing more to record of the request: false if its outcome may still ask for a record. */
export type Recorder = (
  request: RecordedRequest,
  note: AuditNote | null,
  errorCode: string | null,
  status: number,
  durationMs: number,
  isRedirected: boolean,
  isAborted: boolean,
  /** A guard refused the request, whatever its status says. */
  isHidden?: boolean
) => boolean

/** Of larger details only the size is recorded: one request must not fill the log. */
const MAX_DETAILS_LENGTH = 16_384

/**
 * The recorder of one route. Decides whether a request is recorded, and writes the record from prepared parts (route,
 * identity, device): it builds no object, and does no I/O.
 */
export function compileRecorder(rule: RouteRule, parts: RecorderParts): Recorder {
  const { journal, identify, describeDevice, redaction } = parts
  const { isCertain, includesImpersonated, head } = rule
  const addressOf = compileAddress(parts.address, redaction)
  const requestIdOf = compileRequestId(redaction)
  const plainEnd =
    rule.targetParam === null ? Buffer.from(`,"action":${rule.action},"target":null,"details":null`) : null

  return function record(request, note, errorCode, status, durationMs, isRedirected, isAborted, isHidden = false) {
    const identity = identify(request.auth)
    const isRefused = status === 401 || status === 403 || isHidden
    if (!isRefused && note === null && isCertain[request.method] !== true) {
      if (!includesImpersonated || !identity.isImpersonated) return false
    }
    // All calls of the application's functions come before `begin`: if one throws, no half record is left in the
    // buffer.
    const requestId = requestIdOf(request.id)
    const reason = reasonOf(note, isRefused ? errorCode : null, identity)
    const address = addressOf(request)
    const device = describeDevice(request.headers)
    const end = note === null && plainEnd !== null ? plainEnd : composeEnd(rule, note, request, redaction)
    const buffer = journal.begin()
    if (buffer === null) return true
    buffer.fragment(REQUEST_ID)
    if (requestId === null) buffer.fragment(NULL)
    else buffer.string(requestId)
    if (status === 200 && !isAborted && !isRedirected && !isRefused) buffer.fragment(PLAIN_OK)
    else buffer.text(describeOutcome(status, isRefused, isRedirected, isAborted))
    buffer.text(reason)
    buffer.fragment(DURATION)
    writeTenths(buffer, durationMs)
    buffer.fragment(ADDRESS)
    if (address === null) buffer.fragment(NULL)
    else buffer.string(address)
    buffer.fragment(COMMA)
    buffer.fragment(device)
    buffer.fragment(identity.bytes)
    buffer.fragment(head[request.method] as Uint8Array)
    buffer.fragment(end)
    journal.commit()
    return true
  }
}

const REQUEST_ID = Buffer.from('"requestId":')
const PLAIN_OK = Buffer.from(',"decision":"allowed","status":200,"aborted":false,"reason":')
const DURATION = Buffer.from(',"durationMs":')
const ADDRESS = Buffer.from(',"device":{"address":')
const NULL = Buffer.from('null')
const COMMA = Buffer.from(',')
const POINT = Buffer.from('.')

function describeOutcome(status: number, isRefused: boolean, isRedirected: boolean, isAborted: boolean): string {
  const decision = isRefused ? 'refused' : isRedirected ? 'redirected' : 'allowed'
  return `,"decision":"${decision}","status":${status},"aborted":${isAborted},"reason":`
}

function writeTenths(buffer: RecordBuffer, value: number): void {
  const tenths = Math.max(0, Math.round(value * 10))
  buffer.integer(Math.floor(tenths / 10))
  if (tenths % 10 === 0) return
  buffer.fragment(POINT)
  buffer.integer(tenths % 10)
}

// In this order: the handler's note, why authentication failed, which rule refused.
function reasonOf(note: AuditNote | null, refusalCode: string | null, identity: Identity): string {
  if (note !== null && typeof note.reason === 'string') return jsonString(cut(note.reason))
  return identity.isAuthenticated && refusalCode !== null ? jsonString(cut(refusalCode)) : identity.reason
}

function compileRequestId(redaction: Redaction): (id: string) => string | null {
  if (redaction.touchesRequestId) return (id) => redaction.apply('requestId', cut(String(id)))
  return (id) => (typeof id === 'string' && id.length <= MAX_TEXT_LENGTH ? id : cut(String(id)))
}

/**
 * An IPv6 address with an IPv4 tail has 45 characters; the rest is for a zone, which to `isIP` may be of any length.
 */
const MAX_ADDRESS_LENGTH = 64

function compileAddress(rule: AddressRule, redaction: Redaction): (request: RecordedRequest) => string | null {
  if (rule === 'none') return () => null
  // With `trustProxy` the address is text from a header: any other text than an address is not recorded.
  const known = (request: RecordedRequest): string | null => {
    const ip = request[kAddress] ?? request.ip
    // Unix sockets have no address.
    if (typeof ip !== 'string' || ip === '') return null
    if (ip === request.socket.remoteAddress) return ip
    return isIP(ip) === 0 || ip.length > MAX_ADDRESS_LENGTH ? null : ip
  }
  const read =
    rule === 'full'
      ? known
      : (request: RecordedRequest) => {
          const address = known(request)
          return address === null ? null : truncateAddress(address)
        }
  return redaction.touchesAddress ? (request) => redaction.apply('device.address', read(request)) : read
}

function composeEnd(
  rule: RouteRule,
  note: AuditNote | null,
  request: RecordedRequest,
  redaction: Redaction
): Uint8Array {
  const action = typeof note?.action === 'string' ? jsonString(cut(note.action)) : rule.action
  const target = typeof note?.target === 'string' ? cut(note.target) : targetOf(rule, request.params)
  const targetText = jsonStringOrNull(redaction.apply('target', target))
  return Buffer.from(`,"action":${action},"target":${targetText},"details":${detailsOf(note, redaction)}`)
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
    // Details without a JSON form (a cycle, a getter that throws) are left out; the record is written.
  }
  return text.length > MAX_DETAILS_LENGTH ? `{"omittedLength":${text.length}}` : text
}
