/** The client hints that identify a device's software (User-Agent Client Hints, section 3), as Node names headers. */
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

/** A list of `"brand";v="version"` (RFC 8941, lists of strings with parameters). Total: what does not fit is left out. */
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

/** A quoted string, as `sec-ch-ua-platform` is; empty when it is none. */
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
