const MOST = 120

/** A value of a token or a request as it may be printed: short, and as JSON. Absent: `none`. */
export function quote(value: unknown): string {
  if (value === undefined) return 'none'
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? 'none')
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text
}
