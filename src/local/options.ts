import { createPrivateKey, type KeyObject } from 'node:crypto'
import { LocalClerkProductionError, OptionTypeError, OptionValueError } from '../core/errors.js'
import {
  checkBoolean,
  checkClock,
  checkList,
  checkMembers,
  checkRecord,
  checkText,
  checkWholeNumber
} from '../core/options/checks.js'
import type { Given } from '../core/options/given.js'
import { boolean, choice, requiredText, textList, wholeNumber } from '../core/options/readers.js'
import {
  type Option,
  type OptionTable,
  option,
  type Readers,
  readMembers,
  readOptions,
  type SettingsOf
} from '../core/options/table.js'
import { readBaseUrl } from '../core/options/urls.js'
import type { Certificate } from './certificate.js'
import { emailOf, type LocalOrganization, type LocalUser, ORGANIZATION, USER } from './directory.js'

/** How a handshake hands its directives back: by size as Clerk does, or always in one form. */
export type HandshakeFormat = 'auto' | 'nonce' | 'token'

export interface LocalClerkOptions {
  /** Instance type in the keys: `pk_test_` and `sk_test_`, or `pk_live_` and `sk_live_`. Default `development`. */
  readonly instanceType?: 'development' | 'production' | undefined
  /**
   * FAPI host, encoded in the publishable key and named by `iss`. Default in development
   * `local.test.clerk.accounts.dev`, because clerk-js knows a development instance by that domain; in production
   * `clerk.local.test`, a name that never resolves (RFC 6761 section 6.2).
   */
  readonly frontendApi?: string | undefined
  /**
   * BAPI base URL while the instance is mounted. Default `https://api.` + FAPI host; with the default host
   * `https://api.local.test`, a name that never resolves: the secret key cannot leave the machine.
   */
  readonly apiUrl?: string | undefined
  /** Secret key that BAPI accepts. Default: random for each instance. */
  readonly secretKey?: string | undefined
  /** Webhook signing secret, `whsec_` and base64. Default: random for each instance. */
  readonly webhookSecret?: string | undefined
  /** PEM text (PKCS #8) of the first signing key, RSA: saves the 100 ms of making it. Default: a new key of 2048 bits. */
  readonly signingKey?: string | undefined
  /** Lifetime of session tokens. Default 60000, as with Clerk; 1 to 31536000000 (a year). */
  readonly tokenLifetimeInMs?: number | undefined
  /**
   * Origin (claim `azp`) of all tokens; null: tokens without `azp`. Default: the first of the `authorizedParties` that
   * `pluginOptions()` was given last, else `https://app.local.test`; a token that a handshake or refresh brings has the
   * origin of its page, if that is among them.
   */
  readonly azp?: string | null | undefined
  /** Users on the sign-in page. Default: none; tokens can be signed for other user ids too. */
  readonly users?: readonly LocalUser[] | undefined
  /** Organizations that users can be members of. Default: none. */
  readonly organizations?: readonly LocalOrganization[] | undefined
  /** Domains of satellites, without port, as `satellite.test`; the FAPI host of each is `clerk.` and the domain. Default: none. */
  readonly satellites?: readonly string[] | undefined
  /** JWT templates by name: the claims they add. Default: none. */
  readonly templates?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
  /** How a handshake hands its directives back. Default `auto`: as Clerk, by a nonce where the payload is large. */
  readonly handshakeFormat?: HandshakeFormat | undefined
  /** Whether browsers get a `__refresh` cookie, so that expired sessions refresh through BAPI. Default true. */
  readonly refreshTokens?: boolean | undefined
  /**
   * Form of the OAuth access tokens that the authorization server issues. Default `jwt`: verified by signature, good until they expire;
   * `opaque`: the plugin asks BAPI about each, and they can be revoked.
   */
  readonly oauthTokenFormat?: 'jwt' | 'opaque' | undefined
  /** Milliseconds since the epoch; `pluginOptions()` hands a clock that is given to the plugin. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

type Templates = NonNullable<LocalClerkOptions['templates']>

export const LOCAL_CLERK = {
  instanceType: choice(['development', 'production'], { default: 'development' }),
  frontendApi: matching(/^(?=.*\.)[a-z0-9.:-]+$/i, 'a host name with a dot, without scheme and path'),
  apiUrl: option<string, string | null>(readBaseUrl),
  secretKey: matching(/^sk_(test|live)_./, 'a text that starts with sk_test_ or sk_live_'),
  webhookSecret: matching(/^whsec_[A-Za-z0-9+/]+={0,2}$/, '"whsec_" and base64'),
  signingKey: option<string, KeyObject | null>(readSigningKey),
  tokenLifetimeInMs: wholeNumber({ min: 1, max: 31_536_000_000, default: 60_000 }),
  azp: option<string | null, string | null | undefined>((given) => (given.value === null ? null : checkText(given))),
  users: listOf<LocalUser>('a list of users', USER),
  organizations: listOf<LocalOrganization>('a list of organizations', ORGANIZATION),
  satellites: textList(),
  templates: option<Templates, Templates>((given) => checkMembers(given, checkRecord) ?? {}),
  handshakeFormat: choice(['auto', 'nonce', 'token'], { default: 'auto' }),
  refreshTokens: boolean({ default: true }),
  oauthTokenFormat: choice(['jwt', 'opaque'], { default: 'jwt' }),
  now: option<() => number, (() => number) | null>((given) => checkClock(given) ?? null)
} satisfies OptionTable<LocalClerkOptions>

/** The settings of a local instance. Null: made up for the instance, or `Date.now`. */
export type LocalClerkSettings = SettingsOf<typeof LOCAL_CLERK>

/** Throws for options that cannot work, and wherever `NODE_ENV` is `production` in any letters: the keys of a local Clerk keep nobody out. */
export function readLocalClerkOptions(
  options: LocalClerkOptions | undefined,
  environment: string | undefined
): LocalClerkSettings {
  if (environment?.trim().toLowerCase() === 'production') throw new LocalClerkProductionError()
  const settings = readOptions(LOCAL_CLERK, options, { path: 'createLocalClerk' })
  checkNames(settings)
  checkOrganizations(settings)
  return settings
}

function checkNames({ users, organizations }: LocalClerkSettings): void {
  const known = users.map((user) => ({ id: user.id, email: emailOf(user).toLowerCase() }))
  checkDistinct('users', known, 'id')
  checkDistinct('users', known, 'email')
  checkDistinct('organizations', organizations, 'id', 'slug')
  for (const [index, { memberships = [] }] of users.entries()) {
    checkDistinct(`users[${index}].memberships`, memberships, 'orgId')
  }
}

/** Of two with one name the local Clerk would know one, and the test might be about the other. */
function checkDistinct<M extends string>(path: string, items: readonly Readonly<Record<M, string>>[], ...members: M[]) {
  const seen = new Set<string>()
  for (const [index, item] of items.entries()) {
    const taken = members.find((member) => seen.has(item[member]))
    if (taken) throw new OptionValueError(`createLocalClerk.${path}[${index}].${taken}`, 'another than those before it')
    for (const member of members) seen.add(item[member])
  }
}

/** Tokens of a member of an organization that is not known would have none. */
function checkOrganizations({ users, organizations }: LocalClerkSettings): void {
  const ids = organizations.map(({ id }) => id)
  for (const [index, { memberships = [], activeOrgId }] of users.entries()) {
    const path = `createLocalClerk.users[${index}]`
    for (const [place, { orgId }] of memberships.entries()) {
      if (ids.includes(orgId)) continue
      throw new OptionValueError(`${path}.memberships[${place}].orgId`, 'the id of one of the organizations')
    }
    if (activeOrgId == null || memberships.some(({ orgId }) => orgId === activeOrgId)) continue
    throw new OptionValueError(`${path}.activeOrgId`, 'that of one of the memberships')
  }
}

export interface ListenOptions {
  /** 0 to 65535. Default 0: any free port. */
  readonly port?: number | undefined
  /**
   * Serve over TLS: true with a self-signed certificate made now, by the optional peer `selfsigned`; or with this key and
   * certificate, in PEM. A plain port beside it serves BAPI. Default false.
   */
  readonly tls?: boolean | Certificate | undefined
}

export interface ListenSettings {
  readonly port: number
  readonly tls: boolean | Certificate
}

/** The argument of `listen()`: a port, or options. */
export function readListenOptions(argument: unknown): ListenSettings {
  const { port, tls } =
    typeof argument === 'object' && argument !== null
      ? readOptions(LISTEN, argument, { path: 'listen' })
      : { port: readPort(argument), tls: false }
  return { port, tls }
}

function readPort(port: unknown): number {
  return checkWholeNumber({ name: 'listen.port', value: port }, { min: 0, max: 65_535 }) ?? 0
}

const CERTIFICATE = { key: requiredText(), cert: requiredText() } satisfies OptionTable<Certificate>

export const LISTEN = {
  port: wholeNumber({ min: 0, max: 65_535, default: 0 }),
  tls: option<boolean | Certificate, boolean | Certificate>((given) =>
    typeof given.value === 'object' ? readMembers(CERTIFICATE, given) : (checkBoolean(given) ?? false)
  )
} satisfies OptionTable<ListenOptions>

function matching(pattern: RegExp, what: string): Option<string, string | null> {
  return {
    read(given) {
      const value = checkText(given, what)
      if (value === undefined || pattern.test(value)) return value ?? null
      throw new OptionValueError(given.name, what)
    }
  }
}

/** A list of objects, each checked by a table and kept as it is. */
function listOf<T>(what: string, table: OptionTable<T> & Readers): Option<readonly T[], readonly T[]> {
  const checkObject = (given: Given): T => {
    if (given.value === undefined) throw new OptionTypeError(given.name, 'an object', 'undefined')
    readMembers(table, given)
    return given.value as T
  }
  return { read: (given) => checkList(given, what, checkObject) ?? Object.freeze([]) }
}

function readSigningKey(given: Given): KeyObject | null {
  const pem = checkText(given, SIGNING_KEY)
  if (pem === undefined) return null
  const key = importPrivateKey(pem)
  if (key?.asymmetricKeyType !== 'rsa') throw new OptionValueError(given.name, SIGNING_KEY)
  return key
}

const SIGNING_KEY = 'PEM text of an RSA private key'

function importPrivateKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem)
  } catch {
    return null
  }
}
