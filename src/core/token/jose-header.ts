import type { SignatureAlgorithm } from '../jwk.js'
import type { JsonObject } from './decode.js'

/** The kind of token that a JOSE header announces (token/README.md section 2.2). */
export type TokenCategory = 'session' | 'template' | 'm2m' | 'oauth' | 'unknown'

const CATEGORIES: ReadonlyMap<unknown, TokenCategory> = new Map<unknown, TokenCategory>([
  ['cl_B7d4PD111AAA', 'session'],
  ['cl_B7d4PD222AAA', 'template'],
  ['cl_B7d4PD333AAA', 'm2m'],
  // The instance has opted out of categories.
  ['cl_I7d4PD111III', 'session'],
  // Issued before there were categories.
  [undefined, 'session']
])

const ALGORITHMS: ReadonlyMap<unknown, SignatureAlgorithm> = new Map([
  ['RS256', 'RS256'],
  ['RS384', 'RS384'],
  ['RS512', 'RS512']
])

/** The members of the JOSE header (RFC 7515 section 4) that verification looks at. */
export interface JoseHeader {
  /** null: any other than RS256, RS384 and RS512, `none` and HMAC among them. */
  readonly algorithm: SignatureAlgorithm | null
  /** undefined: absent, or not a string. */
  readonly kid: string | undefined
  readonly category: TokenCategory
  /** `typ` is absent or `JWT`. */
  readonly isJwt: boolean
  /** There is a `crit` member. It names extensions that must be understood (RFC 7515 section 4.1.11); none are. */
  readonly isCritical: boolean
}

/** Reads no other member. `jwk`, `jku`, `x5u` and `x5c` would let a token choose the key that it is verified with. */
export function parseJoseHeader(header: JsonObject): JoseHeader {
  return {
    algorithm: ALGORITHMS.get(header.alg) ?? null,
    kid: typeof header.kid === 'string' ? header.kid : undefined,
    category: isAccessToken(header) ? 'oauth' : categoryOf(header),
    isJwt: header.typ === undefined || header.typ === 'JWT',
    isCritical: Object.hasOwn(header, 'crit')
  }
}

/** Whether `typ` is the media type of a JWT access token, in either spelling (RFC 9068 section 2.1). */
export function isAccessToken({ typ }: JsonObject): boolean {
  return typ === 'at+jwt' || typ === 'application/at+jwt'
}

/** The category that `cat` alone gives, whatever `typ` says. */
export function categoryOf({ cat }: JsonObject): TokenCategory {
  return CATEGORIES.get(cat) ?? 'unknown'
}
