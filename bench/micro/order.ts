import type { Carrier } from '../traffic/material.js'

/** A measured row, and the row whose work it does too. */
export interface Ordered {
  readonly name: string
  readonly carrier: Carrier
  readonly contains: string | null
  readonly medianMicroseconds: number
}

/** By how much a row may seem cheaper than what it contains: the last digit of the table. */
const RESOLUTION_US = 0.01

/**
 * The rows that seem to cost less than a row that they contain, and those rows: noise was larger than what tells them
 * apart, so neither figure can be given.
 */
export function findDisorder<Row extends Ordered>(rows: readonly Row[]): ReadonlySet<Row> {
  const disordered = new Set<Row>()
  for (const row of rows) {
    const inner = rows.find((other) => other.name === row.contains && other.carrier === row.carrier)
    if (inner === undefined || row.medianMicroseconds >= inner.medianMicroseconds - RESOLUTION_US) continue
    disordered.add(row)
    disordered.add(inner)
  }
  return disordered
}
