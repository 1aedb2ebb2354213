import { describeCores } from '../measure/cores.js'
import type { Summary } from '../measure/statistics.js'
import type { CacheScale } from '../micro/cache-process.js'
import type { Chart } from '../report/result.js'
import { formatNumber, type Table } from '../report/table.js'

interface LoadPoint {
  readonly at: number
  readonly contender: string
  readonly cpuMicroseconds: Summary
  readonly requestsPerSecond: Summary
  /** Median CPU time of the load generator, of the server's. Above 1 the figures are withheld. */
  readonly generatorShare: number
}

export interface Series {
  readonly name: string
  readonly unit: string
  readonly points: readonly LoadPoint[]
}

export function cacheTable(cached: readonly CacheScale[]): Table {
  const base = cached[0]?.hitMicroseconds.median ?? Number.NaN
  return {
    title: 'Cached tokens',
    columns: ['tokens', 'hit µs', 'quartiles', 'of the smallest', 'bytes per token'],
    rows: cached.map(({ tokens, hitMicroseconds: { median, low, high }, bytesPerToken }) => [
      tokens.toLocaleString('en-US'),
      formatNumber(median),
      `${formatNumber(low)}–${formatNumber(high)}`,
      (median / base).toFixed(2),
      bytesPerToken.toFixed(0)
    ]),
    notes: [
      'The hook alone, Bearer, tokens in random order: with many tokens, most of the time goes into waiting for memory.',
      'Bytes: heap and external memory after garbage collection, for each token of 974 bytes.'
    ]
  }
}

export function loadTable({ name, unit, points }: Series, isPinned: boolean): Table {
  return {
    title: `By ${name}`,
    columns: [name, 'contender', 'CPU µs/request', 'quartiles', 'requests/s'],
    rows: points.map(({ at, contender, cpuMicroseconds, requestsPerSecond, generatorShare }) => [
      `${at.toLocaleString('en-US')} ${unit}`.trim(),
      contender,
      ...(generatorShare > 1
        ? ['withheld', '–', 'withheld']
        : [
            formatNumber(cpuMicroseconds.median),
            `${formatNumber(cpuMicroseconds.low)}–${formatNumber(cpuMicroseconds.high)}`,
            formatNumber(requestsPerSecond.median)
          ])
    ]),
    notes: [
      name === 'processes'
        ? 'The load generator shares the cores: throughput does not double, CPU per request is what to compare.'
        : describeCores(isPinned, 'Tokens seen before'),
      ...(points.some(({ contender }) => contender.endsWith(', again'))
        ? ['Again: another server of the same. The two differ by as much as equal servers do.']
        : []),
      ...(points.some(({ generatorShare }) => generatorShare > 1)
        ? ['Withheld: the load generator was busier than the server.']
        : [])
    ]
  }
}

export function cacheChart(cached: readonly CacheScale[]): Chart {
  return {
    title: 'Hit cost by cached tokens',
    kind: 'lines',
    xLabel: 'cached tokens, logarithmic',
    yLabel: 'µs per hit',
    logarithmic: true,
    note: 'The vertical lines span the middle half of the rounds.',
    marks: cached.map(({ tokens, hitMicroseconds: { median, low, high } }) => ({
      at: tokens,
      series: 'hit',
      value: median,
      low,
      high
    }))
  }
}

export function loadChart({ name, unit, points }: Series): Chart {
  return {
    title: `Server CPU per request by ${name}`,
    kind: 'lines',
    xLabel: unit === '' ? name : `${name}, ${unit}`,
    yLabel: 'µs per request',
    logarithmic: true,
    note: 'The vertical lines span the middle half of the rounds.',
    marks: points.map(({ at, contender, cpuMicroseconds: { median, low, high } }) => ({
      at,
      series: contender,
      value: median,
      low,
      high
    }))
  }
}
