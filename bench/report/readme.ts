// npm run bench:readme: writes the performance section of README.md from the results stored in bench/results.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { drawChart } from './chart.js'
import { CAVEATS } from './html.js'
import type { BenchResult, PartResult } from './result.js'
import { formatMarkdown } from './table.js'

const RESULTS = 'bench/results'

/** Markdown of the stored results: where, how, figures, caveats, the command that repeats them. */
export function renderSection(results: readonly BenchResult[], chartPath: string | null): string {
  const [first] = results
  if (first === undefined) throw new Error('There is no result to write about')
  const { environment } = first
  const parts = results.flatMap((result) => result.parts)
  const tables = parts.flatMap((part) => part.tables.map((table) => `### ${table.title}\n\n${formatMarkdown(table)}`))
  const versions = Object.entries(environment.versions).map(([name, version]) => `${name} ${version}`)
  return [
    `Measured ${environment.takenAt.slice(0, 10)} at commit ${environment.commit} on ${environment.cpu}, ${environment.cores} cores, ` +
      `Node ${environment.node}; ${versions.join(', ')}. Repeat with \`${results.map((result) => result.command).join(' && ')}\`.`,
    ...(chartPath === null ? [] : [`![Server CPU per request](${chartPath})`]),
    ...tables,
    '### Before you quote a figure',
    CAVEATS.map((caveat) => `- ${caveat}`).join('\n')
  ].join('\n\n')
}

/** Markdown of the fault harness: figures that stand for themselves, so without the caveats of the others. */
export function renderFaults({ environment, command, parts }: BenchResult): string {
  return [
    ...parts.flatMap(({ tables }) => tables.map((table) => `**${table.title}**\n\n${formatMarkdown(table)}`)),
    `Run ${environment.takenAt.slice(0, 10)} at commit ${environment.commit}, Node ${environment.node}; ` +
      `${Object.entries(environment.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ')}. Repeat with \`${command}\`.`
  ].join('\n\n')
}

/** The text with what stands between the markers of that name replaced. Throws when they are not there. */
export function replaceSection(readme: string, section: string, name = 'bench'): string {
  const [beginMarker, endMarker] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
  const begin = readme.indexOf(beginMarker)
  const end = readme.indexOf(endMarker)
  if (begin === -1 || end < begin) throw new Error(`README.md needs the markers ${beginMarker} and ${endMarker}`)
  return `${readme.slice(0, begin + beginMarker.length)}\n\n${section}\n\n${readme.slice(end)}`
}

/** The chart that stands for the whole: cost per request with a Bearer token, against others. */
function standaloneChart(parts: readonly PartResult[]): string | null {
  const chart = parts.find(({ part }) => part === 'compare')?.charts[0]
  if (chart === undefined) return null
  const svg = drawChart(chart)
  // In a file of its own, an SVG has to say what it is, and be readable on dark pages too.
  return svg.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg" style="background: #fff; color: #1f2328"')
}

function main(): void {
  const stored = ['micro', 'compare', 'load', 'scale', 'revocation', 'audit']
    .map((name) => `${RESULTS}/${name}.json`)
    .filter(existsSync)
  const results = stored.map((path): BenchResult => JSON.parse(readFileSync(path, 'utf8')))
  const svg = standaloneChart(results.flatMap((result) => result.parts))
  const chartPath = `${RESULTS}/compare.svg`
  if (svg !== null) writeFileSync(chartPath, `${svg}\n`)
  const section = renderSection(results, svg === null ? null : chartPath)
  let readme = replaceSection(readFileSync('README.md', 'utf8'), section)
  const faults = `${RESULTS}/faults.json`
  if (existsSync(faults)) {
    readme = replaceSection(readme, renderFaults(JSON.parse(readFileSync(faults, 'utf8'))), 'faults')
  }
  writeFileSync('README.md', readme)
}

// Imported by a test, it only lends its functions.
if (process.argv[1] === fileURLToPath(import.meta.url)) main()
