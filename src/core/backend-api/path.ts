/** Proxies may decode a path again: dots and slashes are looked for below this many levels of encoding. */
const MAX_ENCODINGS = 5

/**
 * One path segment, percent-encoded, or null when it could leave its place in the path: empty, `.`, `..`, or a slash,
 * at any depth of encoding (hostile/README.md case 33). Segments come from claims and from applications.
 */
export function encodeSegment(segment: string): string | null {
  let decoded = segment
  for (let depth = 0; depth < MAX_ENCODINGS; depth++) {
    if (decoded === '' || decoded === '.' || decoded === '..' || /[/\\]/.test(decoded)) return null
    const next = decodeOnce(decoded)
    if (next === null) return null
    if (next === decoded) return encodeURIComponent(segment)
    decoded = next
  }
  return null
}

function decodeOnce(text: string): string | null {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
