import { MAX_TOKEN_LENGTH } from '../../core/token/decode.js'
import { InputError } from './input-error.js'

export interface TokenText {
  readonly token: string
  /** What was taken off around it: quotes, `Bearer`, the name of a header or a cookie. */
  readonly isBare: boolean
}

/** The token in a text as people copy it. Throws an `InputError` for no token at all, and for a key of Clerk. */
export function readTokenText(text: string): TokenText {
  const trimmed = text.trim()
  const token = unwrap(trimmed)
  if (token === '')
    throw new InputError('Standard input holds no token: doctor token - < FILE, or paste it and end with Ctrl-D.')
  if (/^(sk|pk)_(test|live)_/.test(token)) {
    throw new InputError('That is a key of the instance, and no token: doctor without a word looks at keys.')
  }
  return { token, isBare: token === trimmed }
}

/** Most layers around a token that are taken off. A token has a few; a text without end would take time without end. */
const MOST_LAYERS = 10

/** Quotes may stand around the header, around its value, and around the token. */
function unwrap(text: string): string {
  let inner = text
  for (let layer = 0; layer < MOST_LAYERS; layer++) {
    const outer = inner
    inner = withoutLayer(outer)
    if (inner === outer) break
  }
  return inner
}

function withoutLayer(text: string): string {
  const inner = text
    .replace(/^(["'])(.*)\1[,;]?$/s, '$2')
    .replace(/^(?:-H|--header|-b|--cookie)\s+/, '')
    .replace(/^(?:authorization|cookie):\s*/i, '')
    .replace(/^bearer\s+/i, '')
    .trim()
  return /(?:^|;\s*)__session(?:_[\w-]{8})?=([^;]*)/i.exec(inner)?.[1]?.trim() ?? inner
}

/** Why a text is no JWT, as a sentence that quotes nothing of it. */
export function describeMalformed(token: string): string {
  if (token.length > MAX_TOKEN_LENGTH) {
    return `It has ${token.length} characters, and ${MAX_TOKEN_LENGTH} is the limit: remove custom claims.`
  }
  if (/\s/.test(token))
    return 'There are blanks or line breaks in it: it was wrapped when it was copied, or more came with it.'
  if (token.includes('…') || token.endsWith('...')) return 'It was shortened when it was copied.'
  if (token.includes('%')) return 'It is percent-encoded: decode it first.'
  const parts = token.split('.')
  if (parts.length !== 3) return `A JWT has three parts with dots between them, and this text has ${parts.length}.`
  if (parts.some((part) => part === '')) return 'One of its three parts is empty: it was cut off.'
  if (/[+/=]/.test(token)) return 'It holds characters of plain base64 (+, / or =), and a JWT is base64url.'
  return 'One of its three parts is not what a JWT has there: it was cut off or changed.'
}
