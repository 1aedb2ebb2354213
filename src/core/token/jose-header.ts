import type { SignatureAlgorithm } from '../jwk.js'
import type { JsonObject } from './decode.js'

/** What kind of token a JOSE header announces (token/README.md section 2.2). */
export type TokenCategory = 'session' | 'template' | 'm2m' | 'oauth' | 'unknown'

const CATEGORIES: ReadonlyMap<unknown, TokenCategory> = new Map<unknown, TokenCategory>([
  ['cl_B7d4PD111AAA', 'session'],
  ['cl_B7d4PD222AAA', 'template'],
  ['cl_B7d4PD333AAA', 'm2m'],
  // Instances that opted out of categories mark their tokens with this.
  ['cl_I7d4PD111III', 'session'],
  // Minted before there were categories.
  [undefined, 'session']
])

const ALGORITHMS: ReadonlyMap<unknown, SignatureAlgorithm> = new Map([
  ['RS256', 'RS256'],
  ['RS384', 'RS384'],
  ['RS512', 'RS512']
])

/** The JOSE header (RFC 7515 section 4) as far as verification looks at it. */
export interface JoseHeader {
  /** null: not one of RS256, RS384, RS512. `none`, HMAC and everything else ends here. */
  readonly algorithm: SignatureAlgorithm | null
  /** undefined: absent or no string. */
  readonly kid: string | undefined
  readonly category: TokenCategory
  /** `typ` is absent or `JWT`. */
  readonly isJwt: boolean
  /** A `crit` member names extensions that must be understood (RFC 7515 section 4.1.11); we understand none. */
  readonly isCritical: boolean
}

/** Unknown members, `jwk`, `jku`, `x5u` and `x5c` among them, are never read: a token does not choose its key. */
export function parseJoseHeader(header: JsonObject): JoseHeader {
  return {
    algorithm: ALGORITHMS.get(header.alg) ?? null,
    kid: typeof header.kid === 'string' ? header.kid : undefined,
    category: isAccessToken(header) ? 'oauth' : categoryOf(header),
    isJwt: header.typ === undefined || header.typ === 'JWT',
    isCritical: Object.hasOwn(header, 'crit')
  }
}

/** A JWT access token's media type, in either spelling (RFC 9068 section 2.1). */
export function isAccessToken({ typ }: JsonObject): boolean {
  return typ === 'at+jwt' || typ === 'application/at+jwt'
}

/** What `cat` alone says, whatever the type. */
export function categoryOf({ cat }: JsonObject): TokenCategory {
  return CATEGORIES.get(cat) ?? 'unknown'
}
