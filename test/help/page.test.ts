import t from 'tap'
import { errorEntries } from '../../src/core/errors.js'
import { errorGroups, errorHelp } from '../../src/help/errors.js'
import { findEntries, names } from '../../src/help/find.js'
import { renderPage, sections } from '../../src/help/page.js'
import { anchors, manual } from '../docs/manual.js'

const page = manual('src/help/README.md')
const entries = sections.flatMap((section) => section.entries)

t.test('the page is as its tables make it: else run npm run pages', async (t) => {
  t.equal(page.text, renderPage())
})

t.test('every code is in the page once, with its status and its message, and no other', async (t) => {
  const inGroups = errorGroups.flatMap(({ errors }) => Object.keys(errors))
  t.strictSame([...inGroups].sort(), errorEntries.map(({ code }) => code).sort())
  t.equal(inGroups.length, Object.keys(errorHelp).length, 'none is in two groups')
  for (const { code, text, statusCode } of errorEntries) {
    const block = new RegExp(`^### ${code}\\n\\n> (.*)\\n`, 'm').exec(page.text)
    t.equal(block?.[1], `${statusCode}: ${text}`, code)
  }
})

t.test('every code is an anchor of its own, which error.help names', async (t) => {
  const found = anchors(page)
  for (const { code } of errorEntries) t.ok(found.has(code.toLowerCase()), code)
  t.equal(new Set(names.map((name) => name.toLowerCase())).size, names.length)
})

t.test('links inside a text lead to a heading of the page', async (t) => {
  const found = anchors(page)
  const links = [...page.text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor)
  t.ok(links.length > 5)
  for (const anchor of links) t.ok(found.has(anchor), anchor)
})

t.test('each entry says a cause and a cure, in sentences, and no cure only repeats the message', async (t) => {
  for (const { name, message, help } of entries) {
    for (const text of [help.cause, help.cure]) t.match(text, /^[A-Z“`0-9].*[.]$/s, `${name}: ${text}`)
    t.notOk(message?.endsWith(help.cure.replace(/\.$/, '')), name)
    t.not(help.cause, help.cure, name)
  }
})

t.test('a word from a log finds its entry', async (t) => {
  const found = (text: string) => findEntries(text).map(({ name }) => name)
  t.strictSame(found('FST_CLERK_FORBIDDEN'), ['FST_CLERK_FORBIDDEN'])
  t.strictSame(found('fst_clerk_forbidden'), ['FST_CLERK_FORBIDDEN'])
  t.strictSame(found(' No token in header'), ['No token in header'])
  t.strictSame(found('token-invalid'), ['token-invalid', 'token-invalid of a machine token'])
  t.strictSame(found('timeout'), ['keys: timeout', 'call: timeout', 'bus: timeout'])
  t.strictSame(found('http-503'), ['keys: http'])
  t.strictSame(found('dns-ENOTFOUND'), ['keys: dns'])
  t.strictSame(found('session-token-expired-refresh-fetch-error'), ['session-token-expired-refresh-fetch-error'])
  t.strictSame(found('FST_CLERK'), [])
  t.strictSame(found(''), [])
  for (const name of names) t.ok(found(name).includes(name), name)
})
