import { type GivenRequest, HeaderLines } from './given-request.js'
import { InputError } from './input-error.js'
import { readShellWords } from './shell-words.js'

/** Long name of each short option that is understood. */
const SHORT: Readonly<Record<string, string>> = {
  X: 'request',
  H: 'header',
  b: 'cookie',
  A: 'user-agent',
  e: 'referer',
  u: 'user',
  d: 'data',
  F: 'form',
  T: 'upload-file',
  I: 'head',
  G: 'get',
  o: 'output',
  x: 'proxy',
  m: 'max-time',
  w: 'write-out',
  c: 'cookie-jar',
  D: 'dump-header',
  E: 'cert',
  r: 'range',
  U: 'proxy-user',
  s: 'silent',
  S: 'show-error',
  v: 'verbose',
  i: 'include',
  k: 'insecure',
  L: 'location',
  f: 'fail',
  g: 'globoff',
  N: 'no-buffer',
  O: 'remote-name',
  J: 'remote-header-name',
  0: 'http1.0',
  4: 'ipv4',
  6: 'ipv6',
  '#': 'progress-bar',
  q: 'disable'
}

/** Options with a value that change the request. */
const MEANT = new Set(
  'request header cookie user-agent referer user oauth2-bearer data data-raw data-ascii data-binary data-urlencode json form form-string upload-file url'.split(
    ' '
  )
)
/** Options with a value that change nothing that authentication looks at. */
const VALUED = new Set(
  'output output-dir proxy max-time connect-timeout write-out cookie-jar dump-header cert key cacert capath range proxy-user proxy-header retry retry-delay retry-max-time max-redirs resolve connect-to interface limit-rate noproxy stderr trace trace-ascii ciphers tls-max unix-socket keepalive-time speed-limit speed-time'.split(
    ' '
  )
)
/** Options without a value; `head` and `get` change the method. */
const FLAGS = new Set(
  'head get silent show-error verbose include insecure location location-trusted fail fail-with-body globoff no-buffer remote-name remote-header-name http0.9 http1.0 http1.1 http2 http2-prior-knowledge http3 http3-only ipv4 ipv6 progress-bar no-progress-meter disable compressed path-as-is basic tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 ssl-no-revoke create-dirs raw tcp-nodelay no-keepalive no-sessionid'.split(
    ' '
  )
)
const BODIES = /^(data|data-raw|data-ascii|data-binary|data-urlencode|json|form|form-string)$/

/** The request that a curl command would make. Throws an `InputError` that names what is not understood, and no value. */
export function readCurl(text: string): GivenRequest {
  const [command = '', ...words] = readShellWords(text.replace(/^\s*[$%>]\s+/, ''))
  if (!/(^|\/)curl(\.exe)?$/.test(command))
    throw new InputError('That is no curl command: its first word has to be curl.')
  const options = readOptions(words)
  const url = readUrl(options)
  const headers = readHeaders(options, url)
  return {
    method: methodOf(options),
    target: targetOf(url, options),
    protocol: url.protocol.slice(0, -1),
    host: headers.get('host') ?? url.host,
    headers: headers.all()
  }
}

type Options = readonly (readonly [name: string, value: string])[]

function readOptions(words: readonly string[]): Options {
  const options: [string, string][] = []
  const rest = words.values()
  const take = (name: string) => {
    const { value } = rest.next()
    if (value === undefined) throw new InputError(`The option ${name} of curl lacks its value.`)
    return value
  }
  for (const word of rest) {
    if (word === '--') for (const url of rest) options.push(['url', url])
    else if (word.startsWith('--')) {
      const name = word.slice(2)
      if (MEANT.has(name) || VALUED.has(name)) options.push([name, take(word)])
      else if (FLAGS.has(name)) options.push([name, ''])
      else throw notUnderstood(word)
    } else if (word.startsWith('-') && word !== '-') readShort(word.slice(1), options, take)
    else options.push(['url', word])
  }
  return options
}

/** Several flags may share a dash, and a value may follow its letter. */
function readShort(letters: string, options: [string, string][], take: (name: string) => string): void {
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at] ?? ''
    const name = SHORT[letter]
    if (name === undefined) throw notUnderstood(`-${letter}`)
    if (FLAGS.has(name)) {
      options.push([name, ''])
      continue
    }
    options.push([name, letters.slice(at + 1) || take(`-${letter}`)])
    return
  }
}

function notUnderstood(option: string): InputError {
  const name = /^--?[a-z0-9.#-]{1,30}$/i.test(option) ? option : 'with a strange name'
  return new InputError(`The option ${name} of curl is not understood here: leave it out if it changes no header.`)
}

function valuesOf(options: Options, name: string): readonly string[] {
  return options.filter(([each]) => each === name).map(([, value]) => value)
}

function readUrl(options: Options): URL {
  const urls = valuesOf(options, 'url')
  if (urls.length !== 1) throw new InputError('The curl command has to name one URL.')
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(urls[0] ?? '') ? (urls[0] ?? '') : `http://${urls[0]}`
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new InputError('The URL of the curl command is no http or https URL.')
  return url
}

function readHeaders(options: Options, url: URL): HeaderLines {
  const headers = new HeaderLines()
  const removed: string[] = []
  for (const line of valuesOf(options, 'header')) {
    if (line.startsWith('@')) throw new InputError('-H @FILE is not read here: give the headers themselves.')
    const [, name = '', mark, value = ''] = /^([^:;]+)([:;])(.*)$/s.exec(line) ?? []
    if (name === '') throw new InputError('A header of the curl command has no colon.')
    // curl: `Name:` leaves a header out, and `Name;` sends an empty one.
    if (mark === ':' && value.trim() === '') removed.push(name)
    else headers.add(name.trim(), value)
  }
  for (const cookies of valuesOf(options, 'cookie')) {
    if (!cookies.includes('=')) throw new InputError('-b FILE is not read here: give the cookies themselves.')
    headers.add('cookie', cookies)
  }
  const absent = (name: string) => headers.get(name) === undefined
  const [bearer, user, referer, agent] = ['oauth2-bearer', 'user', 'referer', 'user-agent'].map((name) =>
    valuesOf(options, name).at(-1)
  )
  if (absent('authorization')) {
    if (bearer !== undefined) headers.add('authorization', `Bearer ${bearer}`)
    else if (user !== undefined) headers.add('authorization', basic(user))
    else if (url.username !== '')
      headers.add('authorization', basic(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`))
  }
  if (referer !== undefined && absent('referer')) headers.add('referer', referer)
  if (agent !== undefined && absent('user-agent')) headers.add('user-agent', agent)
  if (absent('accept')) headers.add('accept', valuesOf(options, 'json').length > 0 ? 'application/json' : '*/*')
  for (const name of removed) headers.remove(name)
  return headers
}

function basic(user: string): string {
  return `Basic ${Buffer.from(user.includes(':') ? user : `${user}:`).toString('base64')}`
}

function methodOf(options: Options): string {
  const has = (name: string) => options.some(([each]) => each === name)
  const given = valuesOf(options, 'request').at(-1)
  if (given !== undefined) return given
  if (has('head')) return 'HEAD'
  if (has('upload-file')) return 'PUT'
  return !has('get') && options.some(([name]) => BODIES.test(name)) ? 'POST' : 'GET'
}

function targetOf(url: URL, options: Options): string {
  const query = options.some(([name]) => name === 'get')
    ? options.filter(([name]) => BODIES.test(name)).map(([, value]) => value)
    : []
  const own = url.search.slice(1)
  const all = [own, ...query].filter((part) => part !== '').join('&')
  return url.pathname + (all === '' ? '' : `?${all}`)
}
