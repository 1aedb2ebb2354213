import t from 'tap'
import { readCurl } from '../../../src/cli/doctor/curl.js'
import { readRawRequest } from '../../../src/cli/doctor/raw-request.js'
import { readShellWords } from '../../../src/cli/doctor/shell-words.js'

t.test('words of a shell', async (t) => {
  for (const [text, words] of [
    [`a 'b c' "d e" f\\ g`, ['a', 'b c', 'd e', 'f g']],
    [`a'b'"c"d`, ['abcd']],
    ['a \\\n  b \\\r\n c', ['a', 'b', 'c']],
    [`"a\\"b\\\\c\\d" '\\'`, ['a"b\\c\\d', '\\']],
    [`$'a\\'b\\u0021\\x41\\101\\n\\q'`, ["a'b!AA\n\\q"]],
    [`$"a b" "cost: 5$" $`, ['a b', 'cost: 5$', '$']],
    ['a b | jq .', ['a', 'b']],
    ['a b > file', ['a', 'b']],
    ['a b; c', ['a', 'b']],
    ['a http://x/?p=1&q=2', ['a', 'http://x/?p=1']],
    ['a # comment', ['a']],
    ['\n\n  a b\nc', ['a', 'b']],
    ["'' a", ['', 'a']],
    // No blanks to a shell, which has them in the word.
    ['a\u00a0b c\u00a0', ['a\u00a0b', 'c\u00a0']],
    ['a "b"\rc\r', ['a', 'b\rc\r']],
    ['\ufeffa\u3000b \v \f', ['\ufeffa\u3000b', '\v', '\f']]
  ] as const) {
    t.strictSame(readShellWords(text), words, JSON.stringify(text))
  }
})

t.test('a curl command is the request that curl makes', async (t) => {
  const of = (text: string) => readCurl(text)
  t.strictSame(of('curl example.com'), {
    method: 'GET',
    target: '/',
    protocol: 'http',
    host: 'example.com',
    headers: { accept: '*/*' }
  })
  for (const [text, expected] of [
    ['curl https://a.example:8443/p?q=1', { protocol: 'https', host: 'a.example:8443', target: '/p?q=1' }],
    ['curl -XPUT https://a.example', { method: 'PUT' }],
    ['curl --request DELETE --url https://a.example', { method: 'DELETE' }],
    ['curl -I https://a.example', { method: 'HEAD' }],
    ['curl -sSLk -o out https://a.example -d x=1', { method: 'POST' }],
    ['curl https://a.example --data-raw x -G', { method: 'GET', target: '/?x' }],
    ['curl -T file https://a.example', { method: 'PUT' }],
    ["curl https://a.example -H 'Cookie: a=1' -b 'b=2' --cookie c=3", { headers: { cookie: 'a=1; b=2; c=3' } }],
    ["curl https://a.example -H 'Authorization: Bearer x' -u a:b", { headers: { authorization: 'Bearer x' } }],
    ['curl https://a.example -u a:b', { headers: { authorization: 'Basic YTpi' } }],
    ['curl https://a:b@a.example', { headers: { authorization: 'Basic YTpi' } }],
    ['curl https://a.example --oauth2-bearer x', { headers: { authorization: 'Bearer x' } }],
    [
      "curl https://a.example -H 'Host: b.example' -H 'X-A: 1' -H 'x-a: 2'",
      { host: 'b.example', headers: { 'x-a': '1, 2' } }
    ],
    [
      "curl https://a.example -e https://r.example -A agent -H 'X-Empty;'",
      { headers: { referer: 'https://r.example', 'user-agent': 'agent', 'x-empty': '' } }
    ],
    ['$ curl https://a.example', { host: 'a.example' }],
    ['/usr/bin/curl -- https://a.example', { host: 'a.example' }]
  ] as const) {
    t.match(of(text), expected, text)
  }
  t.notOk('accept' in of("curl https://a.example -H 'Accept:'").headers, 'curl leaves a header out that has no value')
})

t.test('a command of many words is read in no time', { timeout: 20_000 }, async (t) => {
  const words = 'a '.repeat(300_000)
  t.throws(() => readCurl(`curl ${words}`), /has to name one URL/)
  t.throws(() => readCurl(`curl -- ${words}`), /has to name one URL/)
})

t.test('a request as text', async (t) => {
  t.strictSame(readRawRequest('POST /p?q HTTP/1.1\nHost: a.example\nX-A: 1\nX-A: 2\n\nbody: 3\n'), {
    method: 'POST',
    target: '/p?q',
    protocol: 'https',
    host: 'a.example',
    headers: { host: 'a.example', 'x-a': '1, 2' }
  })
  t.match(readRawRequest('GET http://a.example/p HTTP/1.1\n'), { protocol: 'http', host: 'a.example', target: '/p' })
  t.match(readRawRequest('GET / HTTP/1.1\nhost: localhost:3000\n'), { protocol: 'http' })
  t.match(readRawRequest(':method: GET\n:path: /p\n:authority: a.example\n:scheme: https\nx: 1'), {
    host: 'a.example',
    target: '/p'
  })
})

t.test('a variable that a shell would put in is named, and what may be part of a secret is not', async (t) => {
  const says = (text: string) => {
    try {
      return readShellWords(text).join(' ')
    } catch (error) {
      return (error as Error).message
    }
  }
  for (const text of ['curl "a $TOKEN"', 'curl $TOKEN', `curl "\${TOKEN}"`, 'curl a$TOKEN.b']) {
    t.match(says(text), /would put the variable TOKEN in there/, text)
  }
  for (const text of [
    'curl "p$ecret"',
    'curl "p$Secret"',
    'curl "$(cat x)"',
    'curl `cat`',
    'curl "a$1"',
    'curl "$SECREt"'
  ]) {
    t.match(says(text), /would put something in there/, text)
    t.notMatch(says(text), /ecre|cat/i, text)
  }
})
