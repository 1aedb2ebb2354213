/**
 * A string as JSON that every reader takes: PostgreSQL refuses NUL and lone surrogates, which JSON allows. For nearly
 * all strings this is one call of `JSON.stringify`.
 */
export function jsonString(value: string): string {
  const text = JSON.stringify(value)
  return escapeControls(text.includes('\\u') ? JSON.stringify(cleanString(value)) : text)
}

export function jsonStringOrNull(value: string | null | undefined): string {
  return value === null || value === undefined ? 'null' : jsonString(value)
}

/** A value as JSON with the same care; `null` if it has no JSON form (a cycle, a big integer, a function). */
export function jsonValue(value: unknown): string {
  try {
    const text = JSON.stringify(value)
    if (text === undefined) return 'null'
    if (!text.includes('\\u')) return escapeControls(text)
    const clean = JSON.parse(text, (_key, item) => (typeof item === 'string' ? cleanString(item) : item))
    return escapeControls(JSON.stringify(cleanKeys(clean)))
  } catch {
    return 'null'
  }
}

/** Longest text of a record, in UTF-16 units: browsers stay below 300, and a client must not set a record's size. */
export const MAX_TEXT_LENGTH = 512

export function cut(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? text.slice(0, MAX_TEXT_LENGTH) : text
}

// DEL and the C1 controls, which a terminal obeys; JSON.stringify has escaped U+0000 to U+001F only.
const CONTROLS = /[\u007f-\u009f]/
const EACH_CONTROL = new RegExp(CONTROLS, 'g')

function escapeControls(json: string): string {
  if (!CONTROLS.test(json)) return json
  return json.replace(EACH_CONTROL, (control) => `\\u00${control.charCodeAt(0).toString(16)}`)
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
