import { parseBrands, parseQuoted } from './client-hints.js'
import type { AgentParser, ParsedAgent } from './types.js'

export const UNKNOWN_AGENT: ParsedAgent = Object.freeze({ browser: null, os: null, kind: null })

/**
 * A parser made of bowser (MIT, reads client hints), or null if the application has not installed it. ua-parser-js
 * knows more devices, but is AGPL from version 2 on, and its version 1 does not read client hints.
 */
export async function loadAgentParser(): Promise<AgentParser | null> {
  try {
    return compileBowserParser((await import('bowser')).default)
  } catch {
    return null
  }
}

/** The part of bowser that is used. */
interface Bowser {
  parse(
    userAgent: string,
    hints?: {
      brands?: { brand: string; version: string }[]
      mobile?: boolean
      platform?: string
      platformVersion?: string
      model?: string
    }
  ): {
    browser: { name?: string; version?: string }
    os: { name?: string; version?: string; versionName?: string }
    platform: { type?: string }
  }
}

function compileBowserParser(bowser: Bowser): AgentParser {
  return function parseAgent(userAgent, hints) {
    // bowser throws for an empty text.
    if (userAgent === '') return UNKNOWN_AGENT
    const parsed = hints === null ? bowser.parse(userAgent) : bowser.parse(userAgent, readHints(hints))
    return {
      browser: named(parsed.browser.name, parsed.browser.version),
      os: named(parsed.os.name, parsed.os.versionName ?? parsed.os.version),
      kind: parsed.platform.type ?? null
    }
  }
}

function named(name: string | undefined, version: string | undefined): { name: string; version: string | null } | null {
  return name === undefined || name === ''
    ? null
    : { name, version: version === undefined || version === '' ? null : version }
}

function readHints(hints: Readonly<Record<string, string>>) {
  const brands = hints['sec-ch-ua-full-version-list'] ?? hints['sec-ch-ua']
  return {
    ...(brands === undefined ? {} : { brands: parseBrands(brands) }),
    mobile: hints['sec-ch-ua-mobile'] === '?1',
    platform: parseQuoted(hints['sec-ch-ua-platform']),
    platformVersion: parseQuoted(hints['sec-ch-ua-platform-version']),
    model: parseQuoted(hints['sec-ch-ua-model'])
  }
}
