import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { PLACES, replaceSection } from '../../bench/report/readme.js'
import type { AuditOptions } from '../../src/audit/index.js'
import { OPTIONS } from '../../src/core/options/instance-options.js'
import { readInstanceOptions } from '../../src/core/options/instance-settings.js'
import { CHANNELS } from '../../src/diagnostics/index.js'
import { givenOption, optionNames } from '../fixtures/option-names.js'
import { manual, root, rows, section } from './manual.js'

// The manuals are a claim like any other: what they list is what there is.

const named = (cells: readonly string[]) => cells[0]?.replaceAll('`', '') ?? ''

t.test('the options tables list every option, and no other', async (t) => {
  t.strictSame(rows(section('README.md', 'Options')).map(named).sort(), optionNames(OPTIONS).sort())
})

const publishableKey = 'pk_test_Y2xlcmsuZXhhbXBsZS5jb20k'

const read = (options: object) => readInstanceOptions({ publishableKey, ...options }, { env: {} })

/** The setting that an option became, found by the name of the option. */
function settingOf(name: string, settings: object): unknown {
  return name.split('.').reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], settings)
}

t.test('defaults and bounds of the options tables are those of the code', async (t) => {
  const defaults = read({})
  const numbers = rows(section('README.md', 'Options')).filter(([, type]) => type === 'number')
  t.ok(numbers.length > 15)
  for (const cells of numbers) {
    const name = named(cells)
    t.equal(settingOf(name, defaults), Number(cells[2]), `default of ${name}`)
    const [, least, most] = /(\d+)(?: \(off\))? to (\d+)/.exec(cells[3] ?? '') ?? []
    if (least === undefined) continue
    t.equal(settingOf(name, read(givenOption(name, Number(least)))), Number(least), `least ${name}`)
    t.throws(
      () => read(givenOption(name, Number(least) - 1)),
      { code: 'FST_CLERK_OPTION_RANGE' },
      `below the least ${name}`
    )
    t.throws(
      () => read(givenOption(name, Number(most) + 1)),
      { code: 'FST_CLERK_OPTION_RANGE' },
      `above the most ${name}`
    )
  }
})

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
      // How the fixtures are typed is theirs alone.
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
