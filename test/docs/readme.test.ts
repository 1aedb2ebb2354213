import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { PLACES, replaceSection } from '../../bench/report/readme.js'
import type { AuditOptions } from '../../src/audit/index.js'
import { CHANNELS } from '../../src/diagnostics/index.js'
import { manual, root, section } from './manual.js'

// The lists in the manuals are compared with the code.

t.test('the audit table lists every option of the audit log', async (t) => {
  const names: Readonly<Record<keyof AuditOptions, true>> = {
    sink: true,
    flushIntervalInMs: true,
    batchSize: true,
    maxQueued: true,
    whenFull: true,
    maxWaitInMs: true,
    closeTimeoutInMs: true,
    chain: true,
    address: true,
    earlyRoutes: true,
    redact: true,
    parseAgent: true,
    now: true,
    logger: true
  }
  const listed = section('src/audit/README.md', 'Options').matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)
  const inTable = [...listed].flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', '))
  t.strictSame(inTable.sort(), Object.keys(names).sort())
})

t.test('the table of channels lists every channel', async (t) => {
  const listed = [...manual('src/diagnostics/README.md').text.matchAll(/^\| `(fastify-clerk-auth:[\w:-]+)`/gm)].map(
    ([, name]) => name
  )
  t.strictSame(listed.sort(), [...CHANNELS].sort())
})

t.test('the migration shows exactly the lines in which the two applications differ', async (t) => {
  const linesOf = (name: string) =>
    readFileSync(join(root, `test/fixtures/migration/${name}.ts`), 'utf8')
      .replace("'../../../src/index.js'", "'fastify-clerk-auth'")
      .split('\n')
      // The manual shows the fixtures without the lines that type them.
      .filter((line) => !line.startsWith('import Fastify') && !line.includes('instance-options'))
  const [before, after] = [linesOf('before'), linesOf('after')]
  const shown =
    manual('README.md')
      .fences.find(({ language }) => language === 'diff')
      ?.code.split('\n') ?? []
  const only = (sign: string) => shown.filter((line) => line.startsWith(sign)).map((line) => line.slice(1))
  t.strictSame(
    only('-'),
    before.filter((line) => !after.includes(line))
  )
  t.strictSame(
    only('+'),
    after.filter((line) => !before.includes(line))
  )
})

t.test('measured figures have their places', async (t) => {
  for (const { file, name } of PLACES) t.doesNotThrow(() => replaceSection(manual(file).text, '', name), file)
})

t.test('README.md can be read in one go', async (t) => {
  t.ok(manual('README.md').text.split('\n').length <= 451, 'at most 450 lines')
})

t.test('each word of the glossary is in use where the glossary says', async (t) => {
  const entries = [...section('src/README.md', 'Glossary').matchAll(/^\| ([\w ]+) \| .* \| `([\w/.-]+)` \|$/gm)]
  t.ok(entries.length > 20)
  for (const [, word = '', file = ''] of entries) {
    // The words themselves, or a name made of them: `familiarSessions`, `FAMILIAR_SESSIONS`.
    const asWords = new RegExp(word.replaceAll(' ', '[\\s_-]*'), 'i')
    t.match(readFileSync(join(root, 'src', file), 'utf8'), asWords, `${word} in ${file}`)
  }
})
