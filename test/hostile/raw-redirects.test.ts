import t, { type Test } from 'tap'
import { type RawResponse, request } from './raw-client.js'
import { ask, HOSTS, listen, stands } from './raw-target.js'

const TARGETS = [
  '/page',
  '//evil.test',
  '//evil.test/%2f..',
  '///evil.test',
  '/\\evil.test',
  '/\\/evil.test',
  '/%5cevil.test',
  '/%2f%2fevil.test',
  '/.//evil.test',
  '/..//evil.test',
  '/a//evil.test',
  '/a/..//evil.test',
  '/%0d%0aSet-Cookie:x=y',
  '/%0aLocation:https://evil.test',
  '/?x=%0d%0aSet-Cookie:%20x=y',
  '/?redirect_url=https://evil.test',
  '/?__clerk_redirect_url=https://evil.test',
  '/@evil.test',
  '/;@evil.test',
  '/page#@evil.test',
  '/page?#',
  'http://evil.test/',
  'http://evil.test',
  'https://user:pass@evil.test/x',
  'http://evil.test\\@app.test/',
  'ftp://evil.test/',
  'javascript:alert(1)',
  'evil.test',
  'evil.test:443',
  '*',
  '?x',
  '/\xe9',
  '/\xff\xfe',
  `/${'a'.repeat(12_000)}`,
  `/?${'a=b&'.repeat(3000)}`,
  `/${'%'.repeat(100)}`,
  '/%',
  '/%zz',
  '/%e0%a4%a',
  '/\ud800'.replace('\ud800', '\xed\xa0\x80'),
  '/?__clerk_handshake=x',
  '/?__clerk_handshake_nonce=../../x',
  '/?__clerk_synced=false',
  '/?__clerk_db_jwt=x%0d%0ay'
]

for (const trustProxy of [false, true]) {
  for (const instanceType of ['production', 'development'] as const) {
    t.test(
      `redirects stay with FAPI, whatever target and host say: ${instanceType}, trustProxy ${trustProxy}`,
      async (t) => {
        const target = await listen(t, { server: { trustProxy }, instanceType })
        const fapi =
          instanceType === 'production' ? 'https://clerk.example.com' : 'https://happy-lion-12.clerk.accounts.dev'
        const session = `Cookie: __session=${target.clerk.signSessionToken()}`
        const page = ['Sec-Fetch-Dest: document', 'Accept: text/html', session]
        const texts: string[] = []
        for (const path of TARGETS) texts.push(request(path, page))
        for (const host of HOSTS) {
          texts.push(request('/page', page, { host }))
          texts.push(request('/page', [...page, `X-Forwarded-Host: ${host}`, 'X-Forwarded-Proto: https']))
          texts.push(
            request('/page', [...page, 'X-Forwarded-For: 1.2.3.4, 5.6.7.8', `CloudFront-Forwarded-Proto: ${host}`])
          )
          texts.push(
            request('/page', [...page, `X-Forwarded-Proto: ${host}`, `Referer: https://${host}/`, `Origin: ${host}`])
          )
        }
        let redirects = 0
        for (const text of texts) {
          const [response] = await ask(target, text)
          const what = JSON.stringify(text.slice(0, 120))
          if (response === undefined || response.status < 200 || response.status >= 500)
            t.fail(`${what}: ${response?.status}`)
          else if (response.status >= 300 && response.status < 400) {
            redirects++
            checkRedirect(t, response, what, fapi)
          } else if (response.headers.has('location')) t.fail(`${what}: a location without a redirect`)
        }
        t.ok(redirects > 50, `${redirects} redirects`)
        await stands(t, target)
      }
    )
  }
}

/** Fails unless the redirect leads to FAPI, and no header line holds text of the client. */
function checkRedirect(t: Test, response: RawResponse, what: string, fapi: string): void {
  const locations = response.headers.get('location') ?? []
  const location = URL.canParse(locations[0] ?? '') ? new URL(locations[0] as string) : null
  const cookies = response.headers.get('set-cookie') ?? []
  const problems = [
    locations.length === 1 || 'not one location',
    /^[\x21-\x7e]*$/.test(locations[0] ?? '') || 'characters',
    (location !== null && (isHandshake(location, fapi) || isCleanUp(location, what))) || isSatelliteOf(location, what),
    response.headers.get('cache-control')?.[0] === 'no-store' || 'may be cached',
    cookies.every((cookie) => cookie.startsWith('__clerk_redirect_count=')) || 'cookies'
  ].filter((problem) => problem !== true)
  if (problems.length > 0) t.fail(`${what}: ${problems.join(', ')}: ${locations[0]?.slice(0, 200)}`)
}

function isHandshake(location: URL, fapi: string): boolean {
  if (location.origin !== fapi || location.pathname !== '/v1/client/handshake') return false
  const back = location.searchParams.get('redirect_url') ?? ''
  return URL.canParse(back) && /^https?:$/.test(new URL(back).protocol) && new URL(back).username === ''
}

/** In development a returned handshake is removed from the URL by a redirect to the same page. */
function isCleanUp(location: URL, what: string): boolean {
  return what.includes('__clerk_handshake_nonce') && location.href === 'http://app.test/'
}

/** In development a primary redirects to any `__clerk_redirect_url`, because it has no list of its satellites. */
function isSatelliteOf(location: URL | null, what: string): true | string {
  const isAsked = what.includes('__clerk_redirect_url=https://evil.test')
  return (isAsked && location?.origin === 'https://evil.test') || 'target'
}

t.test('the way to the sign-in page cannot be steered', async (t) => {
  const signInUrl = 'https://accounts.example.com/sign-in'
  const target = await listen(t, { plugin: { requireAuthRedirect: true, signInUrl, handshake: false } })
  for (const host of HOSTS) {
    const [response] = await ask(
      target,
      request('/me', ['Sec-Fetch-Dest: document', `X-Forwarded-Host: ${host}`], { host })
    )
    if (response?.status === 302) {
      const location = new URL(response.headers.get('location')?.[0] ?? '')
      t.equal(`${location.origin}${location.pathname}`, signInUrl, JSON.stringify(host).slice(0, 60))
    } else {
      t.match(String(response?.status), /^4/, JSON.stringify(host).slice(0, 60))
    }
  }
  await stands(t, target)
})

t.test('without trustProxy forwarded headers change nothing that is sent back', async (t) => {
  const target = await listen(t, { server: { trustProxy: false } })
  const page = ['Sec-Fetch-Dest: document', `Cookie: __session=${target.clerk.signSessionToken()}`]
  const [plain] = await ask(target, request('/page', page))
  for (const host of HOSTS.slice(0, 8)) {
    const forwarded = [`X-Forwarded-Host: ${host}`, 'X-Forwarded-Proto: https', 'X-Forwarded-For: 1.1.1.1, 2.2.2.2']
    const [response] = await ask(target, request('/page', [...page, ...forwarded, 'CloudFront-Forwarded-Proto: https']))
    t.same(response?.headers.get('location'), plain?.headers.get('location'), host)
  }
})
