import type { IncomingHttpHeaders } from 'node:http'
import { LRUCache } from 'lru-cache'
import { createRateWindow } from '../core/rate-window.js'
import { UNKNOWN_AGENT } from './agent-parser.js'
import { CLIENT_HINTS } from './client-hints.js'
import { cut, jsonStringOrNull, jsonValue, MAX_TEXT_LENGTH } from './json-text.js'
import type { Redaction } from './redaction.js'
import type { AgentParser, ParsedAgent } from './types.js'

const MAX_AGENTS = 1_000
const MAX_VARIANTS = 4
/** Anybody can send a new user agent with each request, and parsing takes some 35 µs: at most 7 ms of each second. */
const MAX_PARSES_PER_SECOND = 200

/** A user agent with one set of client hints. */
interface Variant {
  readonly ua: string | undefined
  readonly mobile: string | undefined
  readonly platform: string | undefined
  readonly platformVersion: string | undefined
  readonly fullVersionList: string | undefined
  readonly model: string | undefined
  readonly arch: string | undefined
  readonly bytes: Uint8Array
}

/**
 * Makes the part of a record that describes the client's software, `"userAgent":…` up to and including `"kind":…`, and
 * remembers it by the user agent. The hints that came with it are compared one by one.
 */
export function createDevices(
  parse: AgentParser | null,
  redaction: Redaction,
  now: () => number
): (headers: IncomingHttpHeaders) => Uint8Array {
  const agents = new LRUCache<string, Variant[]>({ max: MAX_AGENTS })
  const parses = createRateWindow(MAX_PARSES_PER_SECOND, 1_000)

  return function describeDevice(headers) {
    const userAgent = headers['user-agent'] ?? ''
    const variants = agents.get(userAgent)
    if (variants !== undefined) {
      for (let index = 0; index < variants.length; index++) {
        const variant = variants[index] as Variant
        if (isVariant(variant, headers)) return variant.bytes
      }
    }
    return addVariant(userAgent, variants, headers)
  }

  function addVariant(userAgent: string, variants: Variant[] | undefined, headers: IncomingHttpHeaders): Uint8Array {
    const agent = cut(userAgent)
    const hints = readHints(headers)
    const parsed = parseWithinBudget(agent, hints)
    const bytes = Buffer.from(composeDevice(agent, hints, parsed ?? UNKNOWN_AGENT, redaction))
    // Not remembered: a user agent that could not be parsed within the budget, and values longer than a record keeps.
    if (parsed === null || userAgent.length > MAX_TEXT_LENGTH || isLong(headers)) return bytes
    const variant = createVariant(headers, bytes)
    if (variants === undefined) agents.set(userAgent, [variant])
    else if (variants.length < MAX_VARIANTS) variants.push(variant)
    else variants[Math.floor(now()) % MAX_VARIANTS] = variant
    return bytes
  }

  function parseWithinBudget(agent: string, hints: Record<string, string> | null): ParsedAgent | null {
    if (parse === null || agent === '') return UNKNOWN_AGENT
    const nowMs = now()
    if (parses.nextMs(nowMs) > nowMs) return null
    parses.record(nowMs)
    try {
      return parse(agent, hints)
    } catch {
      return UNKNOWN_AGENT
    }
  }
}

function isVariant(variant: Variant, headers: IncomingHttpHeaders): boolean {
  return (
    variant.ua === headers['sec-ch-ua'] &&
    variant.platform === headers['sec-ch-ua-platform'] &&
    variant.mobile === headers['sec-ch-ua-mobile'] &&
    variant.platformVersion === headers['sec-ch-ua-platform-version'] &&
    variant.fullVersionList === headers['sec-ch-ua-full-version-list'] &&
    variant.model === headers['sec-ch-ua-model'] &&
    variant.arch === headers['sec-ch-ua-arch']
  )
}

function createVariant(headers: IncomingHttpHeaders, bytes: Uint8Array): Variant {
  const hint = (name: (typeof CLIENT_HINTS)[number]) => headers[name] as string | undefined
  return {
    ua: hint('sec-ch-ua'),
    mobile: hint('sec-ch-ua-mobile'),
    platform: hint('sec-ch-ua-platform'),
    platformVersion: hint('sec-ch-ua-platform-version'),
    fullVersionList: hint('sec-ch-ua-full-version-list'),
    model: hint('sec-ch-ua-model'),
    arch: hint('sec-ch-ua-arch'),
    bytes
  }
}

function readHints(headers: IncomingHttpHeaders): Record<string, string> | null {
  const hints: Record<string, string> = {}
  let isAny = false
  for (const name of CLIENT_HINTS) {
    const value = headers[name]
    if (typeof value !== 'string') continue
    hints[name] = cut(value)
    isAny = true
  }
  return isAny ? hints : null
}

function isLong(headers: IncomingHttpHeaders): boolean {
  return CLIENT_HINTS.some((name) => (headers[name]?.length ?? 0) > MAX_TEXT_LENGTH)
}

function composeDevice(
  userAgent: string,
  hints: Record<string, string> | null,
  parsed: ParsedAgent,
  redaction: Redaction
): string {
  return (
    `"userAgent":${jsonStringOrNull(redaction.apply('device.userAgent', userAgent === '' ? null : userAgent))}` +
    `,"hints":${jsonValue(redaction.apply('device.hints', hints))}` +
    `,"browser":${jsonValue(redaction.apply('device.browser', parsed.browser))}` +
    `,"os":${jsonValue(redaction.apply('device.os', parsed.os))}` +
    `,"kind":${jsonStringOrNull(redaction.apply('device.kind', parsed.kind))}`
  )
}
