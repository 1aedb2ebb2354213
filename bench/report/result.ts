import type { Environment } from '../measure/environment.js'
import type { Settings } from '../settings.js'
import type { Table } from './table.js'

/** One bar or one point of a line, with its spread. */
export interface Mark {
  /** The category of a bar, or the position of a point. */
  readonly at: string | number
  readonly series: string
  readonly value: number
  readonly low: number
  readonly high: number
}

export interface Chart {
  readonly title: string
  readonly kind: 'bars' | 'lines'
  readonly xLabel: string
  readonly yLabel: string
  /** Whether the value axis is logarithmic, for contenders that are orders of magnitude apart. */
  readonly logarithmic: boolean
  readonly marks: readonly Mark[]
  readonly note: string
}

/** The result of one part of the bench: `data` for programs, tables and charts for readers. */
export interface PartResult {
  readonly part: string
  readonly tables: readonly Table[]
  readonly charts: readonly Chart[]
  readonly data: unknown
}

export interface BenchResult {
  readonly environment: Environment
  readonly settings: Settings
  readonly isShort: boolean
  readonly command: string
  readonly parts: readonly PartResult[]
}
