import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { CompareRow } from '../../bench/compare/rows.js'
import { drawChart } from '../../bench/report/chart.js'
import { renderReport } from '../../bench/report/html.js'
import { writePage } from '../../bench/report/page.js'
import {
  assertFull,
  PLACES,
  readStored,
  renderComparison,
  renderFleet,
  renderPlace,
  renderSection,
  replaceSection,
  standAlone
} from '../../bench/report/readme.js'
import type { BenchResult, Chart } from '../../bench/report/result.js'
import { formatMarkdown, formatNumber, formatTable, type Table } from '../../bench/report/table.js'
import { readSettings } from '../../bench/settings.js'

const table: Table = {
  title: 'Costs',
  columns: ['contender', 'µs'],
  rows: [
    ['bare <b>', '13.0'],
    ['ours | theirs', '14.2']
  ],
  notes: ['A note.']
}

const chart: Chart = {
  title: 'Cost',
  kind: 'bars',
  xLabel: 'µs',
  yLabel: '',
  logarithmic: false,
  note: 'Spread & all',
  marks: [
    { at: 'bare', series: 'CPU', value: 13, low: 12, high: 14 },
    { at: 'ours', series: 'CPU', value: 14, low: 13, high: 15 }
  ]
}

const result: BenchResult = {
  environment: {
    takenAt: '2026-01-02T03:04:05.000Z',
    cpu: 'Some CPU',
    cores: 2,
    memoryGiB: 8,
    loadBefore: 0.1,
    node: '20.0.0',
    v8: '1',
    openssl: '3',
    os: 'linux x64',
    versions: { fastify: '5.0.0' },
    commit: 'abc'
  },
  settings: readSettings('.benchrc', true),
  isShort: true,
  command: 'npm run bench -- compare',
  parts: [{ part: 'compare', tables: [table], charts: [chart], data: {} }]
}

t.test('a chart is SVG with a mark for every value and for its spread', async (t) => {
  const svg = drawChart(chart)
  t.match(svg, /^<svg[^>]+role="img"/)
  t.equal(svg.match(/<rect/g)?.length, 2)
  t.match(svg, 'bare')
  t.match(
    drawChart({ ...chart, kind: 'lines', marks: chart.marks.map((mark, i) => ({ ...mark, at: i + 1 })) }),
    '<path'
  )
})

t.test('the report needs no other file and cannot be broken by a name', async (t) => {
  const html = renderReport(result)
  t.notMatch(html, /<script|<link|src=|url\(/)
  t.match(html, 'bare &lt;b&gt;')
  t.notMatch(html, 'bare <b>')
  t.match(html, 'short form')
  t.match(html, 'npm run bench -- compare')
  t.notMatch(renderReport({ ...result, isShort: false }), 'short form')
})

t.test('a page is written where it is asked for, whether the folder is there or not', async (t) => {
  const path = writePage(result, join(t.testdir(), 'some', 'folder'), 'compare')
  t.equal(readFileSync(path, 'utf8'), renderReport(result))
})

t.test('figures stand under each other in a terminal', async (t) => {
  const [title, , head, , first] = formatTable(table).split('\n')
  t.equal(title, 'Costs')
  t.equal(head?.length, first?.length)
})

t.test('a bar in a name does not make a column', async (t) => {
  t.match(formatMarkdown(table), 'ours \\| theirs')
})

t.test('columns of numbers stand to the right, words to the left', async (t) => {
  const [, alignment] = formatMarkdown({ ...table, columns: ['', 'µs', 'does'], rows: [['a', '1.0', 'all']] }).split(
    '\n'
  )
  t.equal(alignment, '| --- | ---: | --- |')
})

t.test('numbers claim three digits and no more', async (t) => {
  t.equal(formatNumber(76_543), '76,500')
  t.equal(formatNumber(1234.5), '1,230')
  t.equal(formatNumber(123.4), '123')
  t.equal(formatNumber(13.44), '13.4')
  t.equal(formatNumber(0.1234), '0.12')
  t.equal(formatNumber(0.0123), '0.012')
  t.equal(formatNumber(Number.NaN), '–')
})

t.test('a chart in a file of its own is well-formed XML', async (t) => {
  const svg = standAlone(drawChart(chart))
  t.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/)
  for (const [tag] of svg.matchAll(/<\w[^>]*>/g)) {
    const names = [...tag.matchAll(/\s([\w:-]+)="/g)].map(([, name]) => name)
    t.strictSame(names, [...new Set(names)], 'no attribute comes twice')
  }
})

t.test('the section about fleets has its chart, its tables and its command, and no caveats about timing', async (t) => {
  const section = renderFleet({ ...result, command: 'npm run bench -- fleet' }, 'results/fleet.svg')
  t.match(section, '`bench/results/fleet.svg`')
  t.match(section, `### Costs\n\n${formatMarkdown(table)}`)
  t.match(section, 'at commit abc')
  t.match(section, '`npm run bench -- fleet`')
  t.notMatch(section, 'contenders')
})

const figure = { median: 20_000, low: 1, high: 2, min: 1, max: 2, count: 3 }
const row: CompareRow = {
  name: 'ours',
  duties: 'all',
  carrier: 'bearer',
  tokens: 'known',
  requestsPerSecond: figure,
  cpuMicroseconds: figure,
  throughput: { ratio: figure, noise: 1, isDistinguishable: true },
  cpu: { ratio: { ...figure, median: 29.898 }, noise: 1, isDistinguishable: true },
  loopDelayP99Ms: figure,
  generatorShare: 0.5
}
const renderRows = (rows: readonly object[]) => {
  const [part] = result.parts
  return renderComparison({ ...result, parts: part ? [{ ...part, data: { rows } }] : [] }, 'a/chart.svg')
}

t.test(
  'the comparison for README.md has a row for each contender, with both carriers, known and first seen',
  async (t) => {
    const cookie: CompareRow = { ...row, carrier: 'cookie', requestsPerSecond: { ...figure, median: 10_000 } }
    const unseen: CompareRow = { ...row, tokens: 'first seen', cpuMicroseconds: { ...figure, median: 56 } }
    const comparison = renderRows([row, cookie, unseen, { ...row, name: 'bare', duties: 'none' }])
    t.match(comparison, '](a/chart.svg)')
    t.match(
      comparison,
      '| ours | 20,000 / 10,000 | 20,000 / 20,000 | 29.9 / 29.9 | 20,000 | 56.0 | 29.9 | all |\n| bare | 20,000 |'
    )
  }
)

const costs = (name: string, carrier: CompareRow['carrier'], us: number, more: object = {}) => {
  const cpuMicroseconds = { ...figure, median: us }
  return { ...row, name, carrier, tokens: 'first seen', cpuMicroseconds, ...more } satisfies CompareRow
}

t.test('README.md says what a first-seen token costs beside the floor that checks its signature', async (t) => {
  const rows = [
    costs('fastify-clerk-auth', 'bearer', 60),
    costs('fastify-clerk-auth', 'cookie', 75),
    costs('floor: pooled', 'bearer', 40),
    costs('floor: pooled', 'cookie', 50)
  ]
  const sentence = 'A token seen for the first time costs 1.50 / 1.50 times as much CPU as with `floor: pooled`.'
  t.match(renderRows(rows), sentence)
  t.match(renderRows([{ ...row, name: 'fastify-clerk-auth' }, ...rows]), sentence, 'not the row of known tokens')
  t.notMatch(renderRows(rows.slice(0, 3)), 'for the first time', 'a carrier is missing')
  const withheld = costs('floor: pooled', 'cookie', 50, { generatorShare: 1.1 })
  t.notMatch(renderRows([...rows.slice(0, 3), withheld]), 'for the first time')
})

t.test('the manuals show what the stored results say', async (t) => {
  for (const { file, name } of PLACES) {
    const text = readFileSync(file, 'utf8')
    const section = renderPlace(name, readStored)
    if (section !== null) t.equal(replaceSection(text, section, name), text, `${file}: npm run bench:readme`)
  }
})

t.test('results that were taken apart each say when and where, and every version that any of them had', async (t) => {
  const environment = {
    ...result.environment,
    takenAt: '2026-03-04T00:00:00.000Z',
    commit: 'def',
    versions: { fastify: '5.1.0' }
  }
  const section = renderSection([result, { ...result, environment, command: 'npm run bench -- load' }], null)
  t.match(section, 'Versions: fastify 5.0.0 and 5.1.0.')
  t.match(
    section,
    'Measured 2026-01-02 at commit abc on Some CPU, 2 cores, Node 20.0.0. Repeat with `npm run bench -- compare`.'
  )
  t.match(
    section,
    'Measured 2026-03-04 at commit def on Some CPU, 2 cores, Node 20.0.0. Repeat with `npm run bench -- load`.'
  )
})

t.test('README.md shows no figure that the load generator made', async (t) => {
  const comparison = renderRows([row, { ...row, carrier: 'cookie', generatorShare: 1.1 }])
  t.match(comparison, '| ours | 20,000 / withheld | 20,000 / withheld | 29.9 / withheld |')
})

t.test('no manual shows a result of the short form', async (t) => {
  const full = { ...result, isShort: false }
  t.equal(assertFull(full, 'a.json'), full)
  t.throws(() => assertFull({ ...result, isShort: true }, 'a.json'), { message: /a\.json is of the short form/ })
})

t.test('a stored comparison of another form is not written anywhere', async (t) => {
  const { tokens: _, ...older } = row
  t.throws(() => renderRows([older]), { message: /compare --store/ })
})

t.test('a measured section comes from a result and goes between its markers', async (t) => {
  const section = renderSection([result], null)
  t.match(section, 'Some CPU')
  t.match(section, 'npm run bench -- compare')
  const readme = 'before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n'
  const written = replaceSection(readme, section, 'bench')
  t.match(written, /^before\n/)
  t.match(written, /after\n$/)
  t.notMatch(written, 'old\n')
  t.equal(replaceSection(written, section, 'bench'), written, 'twice is once')
  t.throws(() => replaceSection('no markers', section, 'bench'))
})

t.test('the short form changes how long, not what', async (t) => {
  const full = readSettings('.benchrc', false)
  const short = readSettings('.benchrc', true)
  t.same(Object.keys(short), Object.keys(full))
  t.equal(short.compare.pipelining, full.compare.pipelining)
  t.ok(short.compare.roundMs < full.compare.roundMs)
  t.notOk('short' in full)
})
