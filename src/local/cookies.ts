import { OptionTypeError } from '../core/errors.js'
import { describeType } from '../core/options/given.js'
import { boolean, text } from '../core/options/readers.js'
import { type OptionTable, option } from '../core/options/table.js'
import { randomText } from './ids.js'
import { nullable, readInput } from './inputs.js'
import type { LocalInstance } from './instance.js'

export interface CookieOptions {
  /** Send the cookies under their names with the instance's suffix. Default true. */
  readonly suffixed?: boolean | undefined
  /** Send the cookies under their plain names. Default true. */
  readonly unsuffixed?: boolean | undefined
  /** Value of `__client_uat`, seconds since the epoch. Default: the token's `iat`. Null: no such cookie. */
  readonly clientUat?: number | string | null | undefined
  /** Value of `__clerk_db_jwt`. Default: random in development, no such cookie in production. Null: no such cookie. */
  readonly devBrowser?: string | null | undefined
  /** Value of `__refresh_…`, which has no plain name. Default: no such cookie. */
  readonly refresh?: string | null | undefined
}

const COOKIES = {
  suffixed: boolean({ default: true }),
  unsuffixed: boolean({ default: true }),
  clientUat: option<number | string | null, unknown>(({ name, value }) => {
    if (value == null || typeof value === 'number' || typeof value === 'string') return
    throw new OptionTypeError(name, 'a number, a string or null', describeType(value))
  }),
  devBrowser: nullable<string>(text({ default: null })),
  refresh: nullable<string>(text({ default: null }))
} satisfies OptionTable<CookieOptions>

/** The `Cookie` header that a browser sends to the application. A null token is that of a signed-out browser. */
export function cookieHeader(instance: LocalInstance, token: string | null, input?: CookieOptions): string {
  const options = readInput(COOKIES, 'CookieOptions', input)
  const pairs: string[] = []
  const { suffixed = true, unsuffixed = true } = options
  const add = (name: string, value: string | number | null | undefined) => {
    if (value === null || value === undefined) return
    if (suffixed) pairs.push(`${name}_${instance.cookieSuffix}=${value}`)
    if (unsuffixed) pairs.push(`${name}=${value}`)
  }
  const devBrowser = instance.type === 'development' ? `dvb_${randomText(27)}` : null
  add('__clerk_db_jwt', options.devBrowser === undefined ? devBrowser : options.devBrowser)
  add('__client_uat', options.clientUat === undefined ? issuedAt(token) : options.clientUat)
  add('__session', token)
  if (options.refresh) pairs.push(`__refresh_${instance.cookieSuffix}=${options.refresh}`)
  return pairs.join('; ')
}

function issuedAt(token: string | null): number {
  if (token === null) return 0
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    return Number((claims as { iat?: unknown } | null)?.iat ?? 0)
  } catch {
    return 0
  }
}
