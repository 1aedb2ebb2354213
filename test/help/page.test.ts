import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { errorEntries } from '../../src/core/errors.js'
import { FETCH_CAUSES } from '../../src/core/fetch-cause.js'
import { helpAt, helpOfBus, helpOfCall, helpOfFailure, helpOfReason } from '../../src/core/help-page.js'
import { helpOfLine, type LogLine } from '../../src/core/log-lines.js'
import { busCauseHelp, callFailureHelp } from '../../src/help/causes.js'
import { errorGroups, errorHelp } from '../../src/help/errors.js'
import { findEntries, names } from '../../src/help/find.js'
import { logLineHelp } from '../../src/help/log-lines.js'
import { renderPage, sections } from '../../src/help/page.js'
import { tokenReasonHelp } from '../../src/help/session-reasons.js'
import { anchors, manual, root } from '../docs/manual.js'

const page = manual('src/help/README.md')
const entries = sections.flatMap((section) => section.entries)
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readFileSync(join(root, 'src', path), 'utf8') }))

t.test('the page is as its tables make it: else run npm run pages', async (t) => {
  t.equal(page.text, renderPage())
})

t.test('every code is in the page once, with the time when it is met and its message, and no other', async (t) => {
  const inGroups = errorGroups.flatMap(({ errors }) => Object.keys(errors))
  t.strictSame([...inGroups].sort(), errorEntries.map(({ code }) => code).sort())
  t.equal(inGroups.length, Object.keys(errorHelp).length, 'none is in two groups')
  for (const { code, text, statusCode } of errorEntries) {
    const block = new RegExp(`^### ${code}\\n\\n> (.*)\\n`, 'm').exec(page.text)
    const [when = '', ...message] = (block?.[1] ?? '').split(': ')
    if (statusCode === 500)
      t.match(when, /^(at boot|when called|as a command|status 500|at boot, or status 500)$/, code)
    else t.equal(when, `status ${statusCode}`, code)
    const parts = text.split('%s')
    t.equal(
      message
        .join(': ')
        .split(/\\<[^<>]+>/)
        .join('%s'),
      parts.join('%s'),
      code
    )
  }
})

t.test('every code is an anchor of its own, which error.help names', async (t) => {
  const found = anchors(page)
  for (const { code } of errorEntries) t.ok(found.has(code.toLowerCase()), code)
  t.equal(new Set(names.map((name) => name.toLowerCase())).size, names.length)
})

t.test("every code that the source names is one with help, a warning's too", async (t) => {
  const named = sources.flatMap(({ text }) => [...text.matchAll(/'(FST_CLERK_[A-Z0-9_]*[A-Z0-9])'/g)])
  t.ok(named.length > errorEntries.length)
  for (const code of new Set(named.map(([, code = '']) => code)))
    t.strictSame(
      findEntries(code).map(({ name }) => name),
      [code]
    )
})

t.test('what a log line names as its help is a heading of the page', async (t) => {
  const found = anchors(page)
  const anchorOf = (place: string) => place.slice(place.indexOf('#') + 1)
  for (const name of names) t.ok(found.has(anchorOf(helpAt(name))), name)
  for (const word of Object.keys(FETCH_CAUSES)) t.ok(found.has(anchorOf(helpOfFailure(word))), word)
  for (const failure of ['dns-ENOTFOUND', 'http-503', 'anything'])
    t.ok(found.has(anchorOf(helpOfFailure(failure))), failure)
  for (const reason of names.filter((name) => !name.includes(' of ') && name in tokenReasonHelp))
    t.ok(found.has(anchorOf(helpOfReason(reason))), reason)
  t.ok(found.has(anchorOf(helpOfReason('session-token-expired-refresh-session_is_revoked'))))
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
  t.strictSame(found('timeout'), ['fetch: timeout', 'call: timeout', 'bus: timeout'])
  t.strictSame(found('http-503'), ['fetch: http'])
  t.strictSame(found('dns-ENOTFOUND'), ['fetch: dns'])
  t.strictSame(found('session-token-expired-refresh-fetch-error'), ['session-token-expired-refresh-fetch-error'])
  t.strictSame(found('FST_CLERK'), [])
  t.strictSame(found(''), [])
  t.strictSame(found('log-audit-full'), ['log: audit-full'])
  t.strictSame(found('audit-full'), ['log: audit-full'])
  for (const name of names) {
    t.ok(found(name).includes(name), name)
    t.ok(found(helpAt(name)).includes(name), helpAt(name))
  }
})

t.test('each line of the log that asks for action has help, and its entry is in the page', async (t) => {
  const found = anchors(page)
  for (const line of Object.keys(logLineHelp) as LogLine[]) {
    const [file, anchor = ''] = helpOfLine(line).split('#')
    t.equal(file, helpAt('').slice(0, -1))
    t.ok(found.has(anchor), line)
  }
  for (const kind of Object.keys(callFailureHelp)) t.ok(found.has(helpOfCall(kind).split('#')[1] ?? ''), kind)
  for (const cause of Object.keys(busCauseHelp)) t.ok(found.has(helpOfBus(cause).split('#')[1] ?? ''), cause)
})

// The compiler sees to this where the logger has the package's own type. Fastify's type would let a line without help pass.
t.test('no call of a logger in the source leaves help out', async (t) => {
  const calls = sources.flatMap(({ path, text }) =>
    [...text.matchAll(/(?<!controller)\.(?:warn|error|fatal)\(/g)].map(({ index }) => ({
      path,
      call: argumentsAt(text, index)
    }))
  )
  t.ok(calls.length > 10)
  for (const { path, call } of calls) t.match(call, /\bhelp\b|\bfields\b/, `${path}: ${call}`)
})

t.test('every warning of the process has its place in the page in its detail', async (t) => {
  const calls = sources.flatMap(({ path, text }) =>
    [...text.matchAll(/\.emitWarning\(/g)].map(({ index }) => ({ path, call: argumentsAt(text, index) }))
  )
  t.equal(calls.length, 2)
  for (const { path, call } of calls) t.match(call, /detail: .*help/, `${path}: ${call}`)
})

/** The text between the parentheses that open at or after the index. */
function argumentsAt(text: string, index: number): string {
  const start = text.indexOf('(', index)
  let depth = 0
  for (let at = start; at < text.length; at++) {
    if (text[at] === '(') depth++
    else if (text[at] === ')' && --depth === 0) return text.slice(start + 1, at)
  }
  return text.slice(start)
}
