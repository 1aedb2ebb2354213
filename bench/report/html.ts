import type { Settings } from '../settings.js'
import { drawChart } from './chart.js'
import type { BenchResult } from './result.js'
import type { Table } from './table.js'

/** Renders the report as one self-contained file, without scripts, fonts or pictures from elsewhere. */
export function renderReport(result: BenchResult): string {
  const { environment, parts } = result
  const sections = parts.map(
    ({ part, tables, charts }) => `<section id="${escapeHtml(part)}"><h2>${escapeHtml(part)}</h2>
${charts.map((chart) => `<figure><figcaption>${escapeHtml(chart.title)}</figcaption><div class="wide">${drawChart(chart)}</div><p>${escapeHtml(chart.note)}</p></figure>`).join('\n')}
${tables.map(renderTable).join('\n')}</section>`
  )
  const versions = Object.entries(environment.versions).map(([name, version]) => `${name} ${version}`)
  const facts: [string, string][] = [
    ['Taken', environment.takenAt],
    ['Commit', environment.commit],
    ['Machine', `${environment.cpu}, ${environment.cores} cores, ${environment.memoryGiB} GiB, ${environment.os}`],
    ['Load before', environment.loadBefore.toFixed(2)],
    ['Node', `${environment.node} (V8 ${environment.v8}, OpenSSL ${environment.openssl})`],
    ['Packages', versions.join(', ')],
    ['Repeat with', result.command]
  ]
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>fastify-clerk-auth: benchmark report</title>
<style>${STYLE}</style>
<header>
<h1>What authentication costs</h1>
<p>fastify-clerk-auth ${escapeHtml(environment.commit)}${result.isShort ? ' · <strong>short form: it shows that the suite works, its figures mean nothing</strong>' : ''}</p>
</header>
<main>
<section><h2>How to read this</h2><ul>${caveatsOf(result.settings)
    .map((caveat) => `<li>${escapeHtml(caveat)}</li>`)
    .join('')}</ul></section>
${sections.join('\n')}
<section><h2>Where it was taken</h2><dl>${facts.map(([term, fact]) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(fact)}</dd>`).join('')}</dl>
<details><summary>Settings</summary><pre>${escapeHtml(JSON.stringify(result.settings, null, 2))}</pre></details></section>
</main>
</html>
`
}

/** What a reader of figures has to know. */
export const caveatsOf = ({ compare }: Settings): readonly string[] => [
  'Ratios within one run carry over to other machines; absolute figures do not.',
  'Every figure is a median over rounds; bars and brackets show the middle half of the rounds.',
  'Contenders run in processes of their own, one at a time, in an order that changes every round. Ratios are taken within a round.',
  'Server CPU per request is what to compare: throughput also depends on the load generator, which shares the machine, and with first-seen tokens the cores.',
  'Contenders do not all do the same work: each row says what it does. Every one had to accept, refuse and expire the same tokens before it was timed.',
  'On Node 20 every process.nextTick of a process can become some 8,000 instructions dearer, by chance, after a full garbage collection (bench/servers/tick-shape.ts). All contenders are kept from that alike; a process in that state hides part of what any plugin costs.',
  `In compare, against and scale requests are pipelined ${compare.pipelining} deep, over ${compare.connections} connections unless said, as in Fastify’s own benchmarks. That makes the server itself cheap, and what authentication adds large.`
]

function renderTable({ title, columns, rows, notes }: Table): string {
  // Columns of words are aligned to the left, figures to the right.
  const kind = columns.map((_, i) => (/^[\d.,–]/.test(String(rows[0]?.[i] ?? '')) ? '' : ' class="text"'))
  const cell = (value: string | number, i: number) =>
    i === 0 ? `<th scope="row">${escapeHtml(String(value))}</th>` : `<td${kind[i]}>${escapeHtml(String(value))}</td>`
  return `<h3>${escapeHtml(title)}</h3><div class="wide"><table>
<thead><tr>${columns.map((name, i) => `<th scope="col"${kind[i]}>${escapeHtml(name)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}</tbody></table></div>
${notes.map((note) => `<p>${escapeHtml(note)}</p>`).join('')}`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --quiet: #6b7280 }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 60rem }
h1 { font-size: 1.7rem; margin-bottom: 0 } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line) }
figure { margin: 1.5rem 0 } figcaption { font-weight: 600 } figure p, section > p { color: var(--quiet); font-size: .9rem }
.wide { overflow-x: auto } svg { max-width: 100%; height: auto; color: inherit }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; width: 100% }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: right }
th[scope=row], thead th:first-child { text-align: left; font-weight: 500 } .text { text-align: left }
dt { font-weight: 600 } dd { margin: 0 0 .5rem } pre { overflow-x: auto; font-size: .8rem }
@media print { body { max-width: none; font-size: 11px } section { break-inside: avoid-page } .wide { overflow: visible } }
`
