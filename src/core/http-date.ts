const TIME = String.raw`\d{2}:\d{2}:\d{2}`
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)'
const IMF_FIXDATE = new RegExp(`^[A-Z][a-z]{2}, \\d{2} ${MONTH} \\d{4} ${TIME} GMT$`)
const RFC850_DATE = new RegExp(`^[A-Z][a-z]{5,8}, \\d{2}-${MONTH}-\\d{2} ${TIME} GMT$`)
const ASCTIME_DATE = new RegExp(`^[A-Z][a-z]{2} ${MONTH} [ \\d]\\d ${TIME} \\d{4}$`)

/**
 * An HTTP-date in one of its three forms (RFC 9110 section 5.6.7), in ms since the epoch; null when the text has none
 * of them. `Date.parse` alone reads almost any text with a digit as some date: `-1` is a day in 2001.
 */
export function parseHttpDate(text: string): number | null {
  // The form of asctime() names no zone: it is UTC like the others, where `Date.parse` would take local time.
  const dated = ASCTIME_DATE.test(text) ? `${text} GMT` : text
  if (dated === text && !IMF_FIXDATE.test(text) && !RFC850_DATE.test(text)) return null
  const ms = Date.parse(dated)
  return Number.isNaN(ms) ? null : ms
}
