// npm run bench:readme: writes the results stored in bench/results into the manuals that show them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { CompareRow } from '../compare/rows.js'
import { floorPooled } from '../contenders/floors.js'
import { ours } from '../contenders/ours.js'
import { drawChart } from './chart.js'
import { caveatsOf } from './html.js'
import type { BenchResult, PartResult } from './result.js'
import { formatMarkdown, formatNumber } from './table.js'

const RESULTS = 'bench/results'
/** Files with the charts of the parts that have one in a manual. */
const CHARTS = { compare: 'compare.svg', fleet: 'fleet.svg' } as const
const PARTS = ['micro', 'compare', 'first-seen', 'load', 'scale', 'revocation', 'audit']

/** When and where a result was taken, and how to take it again. */
const provenanceOf = ({ environment: { takenAt, commit, cpu, cores, node }, command }: BenchResult) =>
  `Measured ${takenAt.slice(0, 10)} at commit ${commit} on ${cpu}, ${cores} cores, Node ${node}. Repeat with \`${command}\`.`

/** Of results that were taken at different times: each version that any of them had. */
function versionsOf(results: readonly BenchResult[]): string {
  const all = results.flatMap(({ environment }) => Object.entries(environment.versions))
  const names = [...new Set(all.map(([name]) => name))]
  return names
    .map(
      (name) =>
        `${name} ${[...new Set(all.filter(([other]) => other === name).map(([, version]) => version))].join(' and ')}`
    )
    .join(', ')
}

/** The section of bench/README.md: figures of all stored results, each with its provenance, and caveats. */
export function renderSection(results: readonly BenchResult[], chartPath: string | null): string {
  const [first] = results
  if (first === undefined) throw new Error('There is no result to write about')
  const tables = results.flatMap((result) =>
    result.parts
      .flatMap((part) => part.tables)
      .map((table, i) => {
        const provenance = i === 0 ? `${provenanceOf(result)}\n\n` : ''
        return `## ${table.title}\n\n${provenance}${formatMarkdown(table)}`
      })
  )
  return [
    `Versions: ${versionsOf(results)}.`,
    ...(chartPath === null ? [] : [`![Server CPU per request](${chartPath})`]),
    ...tables,
    '## Before you quote a figure',
    caveatsOf(first.settings)
      .map((caveat) => `- ${caveat}`)
      .join('\n')
  ].join('\n\n')
}

/** The section of README.md: one row per contender, without the spread that bench/README.md shows. */
export function renderComparison({ environment, parts }: BenchResult, chartPath: string): string {
  const rows = parts.flatMap(({ part, data }) => (part === 'compare' ? (data as { rows: CompareRow[] }).rows : []))
  if (rows.some(({ tokens }) => tokens === undefined)) {
    throw new Error('The stored comparison is of an older form: npm run bench -- compare --store')
  }
  const names = [...new Set(rows.map(({ name }) => name))]
  const cells = (name: string, tokens: CompareRow['tokens']) => {
    const both = rows.filter((row) => row.name === name && row.tokens === tokens)
    const of = (figure: (row: CompareRow) => number) =>
      both.map((row) => (row.generatorShare > 1 ? 'withheld' : formatNumber(figure(row)))).join(' / ')
    return [
      of(({ requestsPerSecond }) => requestsPerSecond.median),
      of(({ cpuMicroseconds }) => cpuMicroseconds.median),
      of(({ cpu }) => cpu.ratio.median)
    ]
  }
  const table = formatMarkdown({
    title: 'Comparison',
    columns: ['', 'known: requests/s', 'CPU µs', 'of bare', 'first seen: requests/s', 'CPU µs', 'of bare', 'does'],
    rows: names.map((name) => [
      name,
      ...cells(name, 'known'),
      ...cells(name, 'first seen'),
      rows.find((row) => row.name === name)?.duties ?? ''
    ]),
    notes: []
  })
  const { takenAt, commit, cpu, cores, node } = environment
  const remarks = [
    `Medians, Bearer / cookie; measured ${takenAt.slice(0, 10)} at commit ${commit} on ${cpu}, ${cores} cores, Node ${node}.`,
    'Floors are hooks written by hand that do the least of their kind.',
    ...describeFirstSeen(rows)
  ]
  return [`![Server CPU per request](${chartPath})`, table, remarks.join(' ')].join('\n\n')
}

/** A sentence about what a first-seen token costs beside its signature check; none where a row of it is missing. */
function describeFirstSeen(rows: readonly CompareRow[]): string[] {
  const costOf = (name: string, carrier: CompareRow['carrier']) =>
    rows.find(
      (row) => row.name === name && row.carrier === carrier && row.tokens === 'first seen' && row.generatorShare <= 1
    )?.cpuMicroseconds.median ?? Number.NaN
  const ratios = (['bearer', 'cookie'] as const).map(
    (carrier) => costOf(ours.name, carrier) / costOf(floorPooled.name, carrier)
  )
  return ratios.some(Number.isNaN)
    ? []
    : [
        `A token seen for the first time costs ${ratios.map(formatNumber).join(' / ')} times as much CPU as with \`${floorPooled.name}\`.`
      ]
}

/** The section of src/core/jwks/README.md. The caveats are about timing, so they are not repeated there. */
function renderFaults({ environment, command, parts }: BenchResult): string {
  return [
    ...parts.flatMap(({ tables }) => tables.map((table) => `**${table.title}**\n\n${formatMarkdown(table)}`)),
    `Run ${environment.takenAt.slice(0, 10)} at commit ${environment.commit}, Node ${environment.node}; ` +
      `${Object.entries(environment.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ')}. Repeat with \`${command}\`.`
  ].join('\n\n')
}

/** The section of bench/README.md about fleets: simulated, so without the caveats about timing and without a machine. */
export function renderFleet({ environment, command, parts }: BenchResult, chartPath: string | null): string {
  return [
    ...(chartPath === null
      ? []
      : [`Drawn, requests to the key endpoint per minute: \`bench/${chartPath}\` of the repository.`]),
    ...parts.flatMap(({ tables }) => tables.map((table) => `### ${table.title}\n\n${formatMarkdown(table)}`)),
    `Run ${environment.takenAt.slice(0, 10)} at commit ${environment.commit}, Node ${environment.node}. Repeat with \`${command}\`.`
  ].join('\n\n')
}

/** Replaces the text between the markers of that name. Throws when there are none. */
export function replaceSection(text: string, section: string, name: string): string {
  const [beginMarker, endMarker] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
  const begin = text.indexOf(beginMarker)
  const end = text.indexOf(endMarker)
  if (begin === -1 || end < begin) throw new Error(`The markers ${beginMarker} and ${endMarker} are not there`)
  return `${text.slice(0, begin + beginMarker.length)}\n\n${section}\n\n${text.slice(end)}`
}

/** The first chart of a part. */
function standaloneChart(parts: readonly PartResult[], name: string): string | null {
  const chart = parts.find(({ part }) => part === name)?.charts[0]
  if (chart === undefined) return null
  return standAlone(drawChart(chart))
}

/** Makes the SVG a file: with its namespace, and with a background that stays readable on dark pages. */
export function standAlone(svg: string): string {
  return svg
    .replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"')
    .replace('background:transparent', 'background:#fff;color:#1f2328')
}

/** The generated sections: file, name of the markers, stored result. */
export const PLACES = [
  { file: 'bench/README.md', name: 'bench' },
  { file: 'bench/README.md', name: 'fleet' },
  { file: 'README.md', name: 'compare' },
  { file: 'src/core/jwks/README.md', name: 'faults' }
] as const

/** Throws for a result of the short form: its figures mean nothing, so no manual shows them. */
export function assertFull(result: BenchResult, path: string): BenchResult {
  if (result.isShort) throw new Error(`${path} is of the short form: store a full run`)
  return result
}

type PlaceName = (typeof PLACES)[number]['name']

/** A stored result; undefined where there is none. Throws for one that no manual may show. */
export function readStored(name: string): BenchResult | undefined {
  const path = `${RESULTS}/${name}.json`
  return existsSync(path) ? assertFull(JSON.parse(readFileSync(path, 'utf8')), path) : undefined
}

/** The text of a place, from stored results; null where they are missing. */
export function renderPlace(place: PlaceName, read: (name: string) => BenchResult | undefined): string | null {
  const chartOf = (result: BenchResult | undefined, part: keyof typeof CHARTS) =>
    result === undefined || standaloneChart(result.parts, part) === null ? null : `results/${CHARTS[part]}`
  switch (place) {
    case 'bench':
      return renderSection(
        PARTS.flatMap((name) => read(name) ?? []),
        chartOf(read('compare'), 'compare')
      )
    case 'fleet': {
      const fleet = read('fleet')
      return fleet === undefined ? null : renderFleet(fleet, chartOf(fleet, 'fleet'))
    }
    case 'compare': {
      const comparison = read('compare')
      return comparison === undefined ? null : renderComparison(comparison, `${RESULTS}/${CHARTS.compare}`)
    }
    case 'faults': {
      const faults = read('faults')
      return faults === undefined ? null : renderFaults(faults)
    }
  }
}

function main(): void {
  // All of them before the first is written: a result that is refused leaves the manuals as they are.
  const sections = PLACES.map((place) => ({ ...place, section: renderPlace(place.name, readStored) }))
  for (const part of ['compare', 'fleet'] as const) {
    const svg = standaloneChart(readStored(part)?.parts ?? [], part)
    if (svg !== null) writeFileSync(`${RESULTS}/${CHARTS[part]}`, `${svg}\n`)
  }
  for (const { file, name, section } of sections) {
    if (section !== null) writeFileSync(file, replaceSection(readFileSync(file, 'utf8'), section, name))
  }
}

// Only when started as a program: tests import its functions.
if (process.argv[1] === fileURLToPath(import.meta.url)) main()
