type Headers = Readonly<Record<string, string | string[] | undefined>>

/**
 * The headers of the client's request that a refresh hands on to Clerk's risk rules: client, address and browser. None of
 * them holds a credential.
 */
const PASSED_ON = [
  'host',
  'origin',
  'user-agent',
  'accept-language',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-real-ip',
  'cf-connecting-ip',
  'true-client-ip',
  'cloudfront-forwarded-proto'
] as const

/** Clerk's cookies without session token and refresh token, which the body has. */
const COOKIE = /^__(?:client_uat|clerk_db_jwt)(?:_|=)/

/** Longer than any of these headers has to be. Without it a client could have 16 KiB sent on with each refresh. */
const MAX_LENGTH = 1024

/** Each header as a list with one text, as Clerk's SDK sends them. */
export function refreshHeaders(headers: Headers): Record<string, string[]> {
  const listed: Record<string, string[]> = {}
  const add = (name: string, text: string | undefined) => {
    if (text && text.length <= MAX_LENGTH) listed[name] = [text]
  }
  for (const name of PASSED_ON) add(name, textOf(headers[name]))
  add('cookie', clerkCookies(textOf(headers.cookie) ?? ''))
  return listed
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value
}

function clerkCookies(header: string): string {
  const pairs = header.split(';').map((pair) => pair.trim())
  return pairs.filter((pair) => COOKIE.test(pair)).join('; ')
}
