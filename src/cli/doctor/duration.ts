const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1]
] as const

/** A duration in words, by its two largest units: `3 hours 4 minutes`. */
export function inWords(ms: number): string {
  let seconds = Math.round(Math.abs(ms) / 1000)
  const words: string[] = []
  for (const [unit, length] of UNITS) {
    const count = Math.floor(seconds / length)
    seconds -= count * length
    if (count > 0) words.push(`${count} ${unit}${count === 1 ? '' : 's'}`)
    else if (words.length > 0) break
    if (words.length === 2) break
  }
  return words.length === 0 ? 'less than a second' : words.join(' ')
}

/** A moment, and how far it is from now: `in 20 seconds (2025-11-28T02:00:00Z)`. */
export function momentInWords(seconds: number, nowMs: number): string {
  const ms = seconds * 1000
  const date = new Date(ms)
  // Beyond the range of dates there is nothing that could be written.
  if (Number.isNaN(date.getTime())) return 'at no moment that a calendar has'
  const away = ms - nowMs
  const distance = away < 0 ? `${inWords(away)} ago` : `in ${inWords(away)}`
  return `${distance} (${date.toISOString().replace(/\.\d+Z$/, 'Z')})`
}
