/** One value of a table. Columns of numbers are aligned to the right. */
export type Cell = string | number

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** Remarks that a reader of the figures needs. */
  readonly notes: readonly string[]
}

const startsAsNumber = (cell: Cell | undefined) => /^[~≤≥]?\s*-?[\d.,]/.test(String(cell ?? ''))

export function formatTable({ title, columns, rows, notes }: Table): string {
  const texts = rows.map((row) => row.map(String))
  const widths = columns.map((name, i) => Math.max(name.length, ...texts.map((row) => row[i]?.length ?? 0)))
  const isNumeric = columns.map((_, i) => i > 0 && rows.some((row) => startsAsNumber(row[i])))
  const pad = (text: string, i: number) => (isNumeric[i] ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0))
  const line = (row: readonly string[]) =>
    row
      .map((text, i) => pad(text, i))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [title, '', line(columns), rule, ...texts.map(line), ...notes.map((note) => `  ${note}`), ''].join('\n')
}

export function formatMarkdown({ columns, rows, notes }: Table): string {
  const line = (row: readonly Cell[]) => `| ${row.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`
  const isNumeric = columns.map((_, i) => i > 0 && rows.some((row) => startsAsNumber(row[i])))
  const alignment = isNumeric.map((numeric) => (numeric ? '---:' : '---'))
  const table = [line(columns), line(alignment), ...rows.map(line)].join('\n')
  return notes.length === 0 ? table : `${table}\n\n${notes.map((note) => `- ${note}`).join('\n')}`
}

/** Three significant digits, thousands separated: a shared machine does not measure more precisely. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const magnitude = Math.abs(value)
  if (magnitude >= 1000) {
    const unit = 10 ** (Math.floor(Math.log10(magnitude)) - 2)
    return (Math.round(value / unit) * unit).toLocaleString('en-US')
  }
  return value.toFixed(magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 0.1 ? 2 : 3)
}
