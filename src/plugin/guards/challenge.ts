import type { GuardReply } from './types.js'

/** A challenge with more parameters: `Bearer` or `Bearer error="…"` (RFC 9110 section 11.6.1). */
export function addChallengeParameters(challenge: string, parameters: string): string {
  return challenge.includes('=') ? `${challenge}, ${parameters}` : `${challenge} ${parameters}`
}

const EXPOSED = 'access-control-expose-headers'

/** Lets a client in a page of another origin read the challenge: browsers hide the header otherwise. */
export function exposeChallenge(reply: GuardReply): void {
  const before = reply.getHeader?.(EXPOSED)
  const names = typeof before === 'string' && before !== '' ? before.split(/\s*,\s*/) : []
  if (names.some((name) => name === '*' || name.toLowerCase() === 'www-authenticate')) return
  reply.header(EXPOSED, [...names, 'WWW-Authenticate'].join(', '))
}
