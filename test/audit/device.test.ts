import t from 'tap'
import { createDevices } from '../../src/audit/device.js'
import { parseRedaction } from '../../src/audit/redaction.js'

t.test('user agents that nobody has seen are parsed for a bounded time only', async (t) => {
  let parsed = 0
  let nowMs = 0
  const parse = () => {
    parsed++
    return { browser: null, os: null, kind: 'desktop' }
  }
  const describe = createDevices(parse, parseRedaction([], null), () => nowMs)
  for (let number = 0; number < 1_000; number++) describe({ 'user-agent': `agent ${number}` })
  t.equal(parsed, 200)
  t.match(Buffer.from(describe({ 'user-agent': 'agent 5' })).toString(), /"kind":"desktop"/, 'known ones are known')
  nowMs = 1_000
  describe({ 'user-agent': 'agent 999' })
  t.equal(parsed, 201)
})

t.test('the same user agent with other hints is another device', async (t) => {
  const describe = createDevices(null, parseRedaction([], null), () => 0)
  const texts = ['"Windows"', '"Linux"', undefined, '"Windows"', '"A"', '"B"', '"C"', '"D"', '"Windows"'].map(
    (platform) =>
      Buffer.from(
        describe({ 'user-agent': 'agent', ...(platform === undefined ? {} : { 'sec-ch-ua-platform': platform }) })
      ).toString()
  )
  t.match(texts[0], /"sec-ch-ua-platform":"\\"Windows\\""/)
  t.match(texts[1], /Linux/)
  t.match(texts[2], /"hints":null/)
  t.equal(texts[3], texts[0])
  t.match(texts[7], /\\"D\\"/)
  t.equal(texts[8], texts[0])
})

t.test('a parser that throws costs the record nothing but its findings', async (t) => {
  const parse = () => {
    throw new Error('no')
  }
  const describe = createDevices(parse, parseRedaction([], null), () => 0)
  t.match(Buffer.from(describe({ 'user-agent': 'x' })).toString(), /"userAgent":"x".*"browser":null/)
})
