/** Headers that identify a device's software (User-Agent Client Hints, section 3), in lower case as Node has them. */
export const CLIENT_HINTS = [
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'sec-ch-ua-platform-version',
  'sec-ch-ua-full-version-list',
  'sec-ch-ua-model',
  'sec-ch-ua-arch'
] as const

export interface Brand {
  readonly brand: string
  readonly version: string
}

/**
 * Reads a list of `"brand";v="version"` (RFC 8941: a list of strings with parameters), up to the first malformed entry.
 */
export function parseBrands(text: string): Brand[] {
  const brands: Brand[] = []
  let position = 0
  while (position < text.length && brands.length < 16) {
    const name = readQuoted(text, text.indexOf('"', position))
    if (name === null) break
    const versionAt = text.startsWith(';v="', name.end) ? name.end + 3 : -1
    const version = readQuoted(text, versionAt)
    brands.push({ brand: name.value, version: version === null ? '' : version.value })
    position = version === null ? name.end : version.end
  }
  return brands
}

/** Reads a quoted string such as `sec-ch-ua-platform`; empty for any other text. */
export function parseQuoted(text: string | undefined): string {
  return text === undefined ? '' : (readQuoted(text, text.indexOf('"'))?.value ?? '')
}

function readQuoted(text: string, start: number): { value: string; end: number } | null {
  if (start < 0) return null
  let value = ''
  for (let index = start + 1; index < text.length; index++) {
    const character = text[index] as string
    if (character === '"') return { value, end: index + 1 }
    if (character === '\\') index++
    value += text[index] ?? ''
  }
  return null
}
