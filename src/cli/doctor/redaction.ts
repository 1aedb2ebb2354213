const HIDDEN = '[hidden]'

/**
 * What secrets look like, wherever they come from: Clerk's keys but the publishable one, JWTs, opaque machine tokens, the
 * values of Clerk's cookies and of handshakes, passwords in URLs, credentials of a header.
 */
const PATTERNS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\b(sk_(?:test|live)|ak|mt|oat|whsec)_[\w+/=.~-]{4,}/g, `$1_${HIDDEN}`],
  [/\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g, HIDDEN],
  [/\b(__session|__refresh|__clerk_\w+|__dev_session)(_[\w-]{8})?=[^;\s"'&]+/g, `$1$2=${HIDDEN}`],
  [/(:\/\/[^\s/:@]*):[^\s/@]+@/g, `$1:${HIDDEN}@`],
  [/\b(bearer|basic)\s+[\w+/=.~-]{8,}/gi, `$1 ${HIDDEN}`]
]

const SECRET_NAME = /SECRET|TOKEN|PASSWORD|PASSWD|PRIVATE|CREDENTIAL|API_?KEY/i
const LEAST_LENGTH = 8

/**
 * Takes secrets out of what is printed. No part of the report is meant to hold one: this is for texts of others, such as
 * the error of an application, and for slips.
 */
export interface Redaction {
  /** From now on this text is not printed. */
  hide(text: string): void
  apply(text: string): string
}

export function createRedaction(env: Readonly<Record<string, string | undefined>>): Redaction {
  const hidden = new Set<string>()
  return {
    hide(text) {
      if (text.length >= LEAST_LENGTH) hidden.add(text)
    },
    apply(text) {
      let shown = text
      // Environment files may have added variables meanwhile.
      for (const secret of [...hidden, ...secretsOf(env)]) shown = shown.replaceAll(secret, HIDDEN)
      for (const [pattern, replacement] of PATTERNS) shown = shown.replace(pattern, replacement)
      return shown
    }
  }
}

function secretsOf(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value = '']) =>
    SECRET_NAME.test(name) && value.length >= LEAST_LENGTH ? [value] : []
  )
}
