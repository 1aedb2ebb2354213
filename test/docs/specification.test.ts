import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CLERK_API_DATE } from '../../src/core/version.js'
import { REASONS } from '../../src/metrics/reasons.js'
import { DELIBERATE } from '../oracle/deliberate.js'
import { readDocument, testsNamedIn } from './citations.js'
import { manual, manuals, root } from './manual.js'

// The lists in the specification are compared with the code.

t.test('the decision table has its 17 rows, and the cookie families their 8 rules', async (t) => {
  const { rows } = readDocument('', manual('src/core/state/README.md').text)
  const numbers = (kind: string) => rows.filter((row) => row.kind === kind).map(({ number }) => Number(number))
  t.same(
    numbers('row'),
    Array.from({ length: 17 }, (_, i) => i + 1)
  )
  t.same(
    numbers('rule'),
    Array.from({ length: 8 }, (_, i) => i + 1)
  )
})

t.test('every hostile case has a number of its own and a test that exists', async (t) => {
  const { text } = manual('test/hostile/README.md')
  const cases = readDocument('', text).rows.filter(({ kind }) => kind === 'case')
  t.same(
    cases.map(({ number }) => Number(number)),
    cases.map((_, i) => i + 1)
  )
  const tests = testsNamedIn(text)
  t.equal(tests.length, cases.length, 'one test for each')
  for (const { path, title } of tests) {
    t.ok(readFileSync(join(root, path), 'utf8').includes(title), `${path}: ${title}`)
  }
})

t.test('the specification names each deliberate difference at its place, and no other', async (t) => {
  const specification = manuals.filter(({ path }) => path.startsWith('src/core/'))
  const named = specification.flatMap(({ text }) =>
    [...text.matchAll(/\*\*Differs\*\*\s+\(`([\w-]+)`\)/g)].map(([, name = '']) => name)
  )
  t.same([...new Set(named)].sort(), DELIBERATE.map(({ name }) => name).sort())
})

t.test('the specification names every reason', async (t) => {
  const text = ['state', 'token', 'machine'].map((folder) => manual(`src/core/${folder}/README.md`).text).join('\n')
  for (const reason of REASONS) t.ok(text.includes(`\`${reason}\``), reason)
})

t.test("the version of Clerk's APIs is that of the code", async (t) => {
  for (const folder of ['state', 'backend-api']) {
    const dates = manual(`src/core/${folder}/README.md`).text.match(/\d{4}-\d{2}-\d{2}/g)
    t.same(dates, [CLERK_API_DATE], folder)
  }
})
