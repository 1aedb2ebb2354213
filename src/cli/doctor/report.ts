import type { Finding } from './finding.js'

/** What every report has; each subject adds its own members. */
export interface Report {
  /** Of this shape. A member that is added does not change it. */
  readonly version: 1
  readonly subject: 'check' | 'token' | 'request'
  readonly exitCode: 0 | 1 | 2
  /** The first is the most likely cause. */
  readonly causes: readonly Finding[]
}

/** The causes as text, most likely first. */
export function renderCauses(causes: readonly Finding[]): string {
  return causes
    .map(({ cause, severity, options, message, cure }) => {
      const about = options.length === 0 ? '' : `  (${options.join(', ')})`
      return [
        `${severity.padEnd(8)} ${cause}${about}`,
        wrap(message),
        ...(cure === '' ? [] : [wrap(`→ ${cure}`)])
      ].join('\n')
    })
    .map((text) => `${text}\n`)
    .join('\n')
}

const WIDTH = 110
const INDENT = ' '.repeat(9)

function wrap(text: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + word.length >= WIDTH - INDENT.length) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((each) => INDENT + each).join('\n')
}

/** Rows as columns of equal width. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  )
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n')
}
