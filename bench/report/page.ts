// npm run bench:pages: renders each stored result as a page, in .build/bench-results.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { renderReport } from './html.js'
import type { BenchResult } from './result.js'

const STORED = 'bench/results'
const PAGES = '.build/bench-results'

/** Writes the page of a result, and returns its path. */
export function writePage(result: BenchResult, folder: string, name: string): string {
  const path = join(folder, `${name}.html`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, renderReport(result))
  return path
}

// Only when started as a program: the bench imports `writePage`.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const file of readdirSync(STORED).filter((name) => name.endsWith('.json'))) {
    const result: BenchResult = JSON.parse(readFileSync(join(STORED, file), 'utf8'))
    console.log(writePage(result, PAGES, basename(file, '.json')))
  }
}
