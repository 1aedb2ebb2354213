import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { beginsWithOrigin, plainPathOf, publicUrl } from '../../../src/core/request/public-url.js'

const table: readonly (readonly [protocol: string, host: string, target: string, href: string])[] = [
  ['http', 'app.com', '/p', 'http://app.com/p'],
  ['https', 'app.com', '/p?a=1&b', 'https://app.com/p?a=1&b'],
  ['https', 'a.com:8443', '/p', 'https://a.com:8443/p'],
  ['https', 'H.com:443', '/p', 'https://h.com/p'],
  ['http', '[::1]:3000', '/', 'http://[::1]:3000/'],
  ['https', 'a.com/evil?', '/p', 'https://a.com/p'],
  ['https', '<invalid>', '/p', 'http://localhost/p'],
  ['HTTPS', 'a.com', '/p', 'https://a.com/p'],
  ['https ', 'a.com', '/p', 'http://localhost/p'],
  ['https\n', 'a.com', '/p', 'http://localhost/p'],
  ['javascript', 'a.com', '/p', 'http://localhost/p'],
  ['https', '', '/p', 'http://localhost/p'],
  ['https', 'app.com', '//evil.test/x', 'https://app.com//evil.test/x'],
  ['https', 'app.com', '/.//evil.test/x', 'https://app.com//evil.test/x'],
  ['https', 'app.com', '//a//evil.test/x', 'https://app.com//a//evil.test/x'],
  ['https', 'app.com', '/\\evil.test/x', 'https://app.com//evil.test/x'],
  ['https', 'app.com', 'http://evil.test/x?y=1', 'https://app.com/x?y=1'],
  ['https', 'app.com', 'http://user:pass@evil.test/x', 'https://app.com/x'],
  ['https', 'app.com', '*', 'https://app.com/*'],
  ['https', 'app.com', '', 'https://app.com/'],
  ['https', 'app.com', '/a#?b=1', 'https://app.com/a'],
  ['https', 'app.com', '/a?b=#c', 'https://app.com/a?b='],
  ['https', 'app.com', '/a?b=http://evil.test', 'https://app.com/a?b=http://evil.test'],
  ['https', 'user@app.com', '/a', 'https://app.com/a']
]

for (const [protocol, host, target, href] of table) {
  t.test(`${target} at ${protocol}://${host} is ${href}`, async (t) => {
    t.equal(publicUrl(protocol, host, target).href, href)
  })
}

t.test('a URL that begins with the origin as written has the origin, or is none', async (t) => {
  let count = 0
  const parts = ['a.com', 'A.com', 'b.test', ':', '443', '80', '/', '\\', '@', '?', '#', ' ', '\t', '%41', '[::1]', '.']
  const pieces = fc.array(fc.constantFrom(...parts), { maxLength: 4 }).map((chosen) => chosen.join(''))
  const protocol = fc.constantFrom('http', 'https', 'javascript', 'HTTP', '')
  await fc.assert(
    fc.property(protocol, pieces, pieces, protocol, (scheme, host, rest, other) => {
      for (const url of [`${scheme}://${host}/${rest}`, `${scheme}://${host}${rest}`, `${other}://${host}/${rest}`]) {
        if (!beginsWithOrigin(url, scheme, host)) continue
        count++
        if (URL.canParse(url)) assert.equal(new URL(url).origin, publicUrl(scheme, host, '/').origin)
      }
    }),
    { numRuns: 20_000, seed: 5 }
  )
  t.ok(count > 500, `${count} URLs were told`)
  t.ok(beginsWithOrigin('https://app.com:8443/x?y', 'https', 'app.com:8443'))
  t.ok(beginsWithOrigin('http://[::1]:3000/', 'http', '[::1]:3000'))
  for (const url of ['https://app.com', 'https://app.com.evil.test/', 'http://app.com/', 'https//app.com/', 'x', '']) {
    t.notOk(beginsWithOrigin(url, 'https', 'app.com'), url)
  }
})

t.test('a plain path is the path of the URL', async (t) => {
  let count = 0
  const parts = [
    '/',
    '/',
    '.',
    '..',
    'a',
    'Z9',
    '-',
    '_',
    '~',
    '%2e',
    '%',
    '?',
    '#',
    '\\',
    ' ',
    '@',
    'é',
    '^',
    '|',
    "'"
  ]
  const target = fc.array(fc.constantFrom(...parts), { maxLength: 8 }).map((chosen) => chosen.join(''))
  await fc.assert(
    fc.property(target, fc.constantFrom('', '/'), (text, before) => {
      const path = plainPathOf(before + text)
      if (path === '') return
      count++
      assert.equal(path, publicUrl('https', 'app.com', before + text).pathname)
    }),
    { numRuns: 20_000, seed: 5 }
  )
  t.ok(count > 1_000, `${count} paths were plain`)
  t.equal(plainPathOf('/orgs/acme/a-b_c~d.e?tab=%20'), '/orgs/acme/a-b_c~d.e')
  t.equal(plainPathOf('/'), '/')
  for (const text of ['/a/../b', '/a/.', '/%61', '/a b', '/a#b', '*', 'http://app.com/a', '']) {
    t.equal(plainPathOf(text), '', text)
  }
})
