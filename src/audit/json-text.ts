/**
 * A string as JSON that every reader takes: PostgreSQL refuses NUL and lone surrogates, which JSON allows. The plain
 * case, nearly all of them, is one call.
 */
export function jsonString(value: string): string {
  const text = JSON.stringify(value)
  return text.includes('\\u') ? JSON.stringify(cleanString(value)) : text
}

export function jsonStringOrNull(value: string | null | undefined): string {
  return value === null || value === undefined ? 'null' : jsonString(value)
}

/** Any value as JSON with the same care; null for what JSON cannot say (cycles, big integers, functions). */
export function jsonValue(value: unknown): string {
  try {
    const text = JSON.stringify(value)
    if (text === undefined) return 'null'
    if (!text.includes('\\u')) return text
    return JSON.stringify(
      cleanKeys(JSON.parse(text, (_key, item) => (typeof item === 'string' ? cleanString(item) : item)))
    )
  } catch {
    return 'null'
  }
}

/** At most `maxLength` characters of a text that a client or a handler chose: it must not set a record's size. */
export function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? text.slice(0, maxLength) : text
}

function cleanString(value: string): string {
  // Encoding replaces lone surrogates (U+FFFD).
  return Buffer.from(value).toString().replaceAll('\0', '\ufffd')
}

function cleanKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleanKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanString(key), cleanKeys(item)]))
}
