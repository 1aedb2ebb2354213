/**
 * The strict audience of OAuth access tokens: with the option set, the token must name one of its values (protocol
 * reference, section 7.4). Session tokens have the lenient one, as they normally name none.
 */
export function isForAudience(aud: unknown, audience: readonly string[]): boolean {
  if (audience.length === 0) return true
  if (typeof aud === 'string') return aud !== '' && audience.includes(aud)
  if (!Array.isArray(aud) || aud.length === 0) return false
  if (!aud.every((entry) => typeof entry === 'string' && entry !== '')) return false
  return aud.some((entry) => audience.includes(entry))
}
