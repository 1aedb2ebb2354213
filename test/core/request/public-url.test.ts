import t from 'tap'
import { publicUrl } from '../../../src/core/request/public-url.js'

const table: readonly (readonly [protocol: string, host: string, target: string, href: string])[] = [
  ['http', 'app.com', '/p', 'http://app.com/p'],
  ['https', 'app.com', '/p?a=1&b', 'https://app.com/p?a=1&b'],
  ['https', 'a.com:8443', '/p', 'https://a.com:8443/p'],
  ['https', 'H.com:443', '/p', 'https://h.com/p'],
  ['http', '[::1]:3000', '/', 'http://[::1]:3000/'],
  ['https', 'a.com/evil?', '/p', 'https://a.com/p'],
  ['https', '<invalid>', '/p', 'http://localhost/p'],
  ['https ', 'a.com', '/p', 'http://localhost/p'],
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
