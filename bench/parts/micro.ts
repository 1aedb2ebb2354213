import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { converse, release } from '../measure/child.js'
import { createProgress } from '../measure/progress.js'
import type { Summary } from '../measure/statistics.js'
import { type BootRow, measureBoot } from '../micro/boot.js'
import type { MicroResult } from '../micro/process.js'
import type { PartResult } from '../report/result.js'
import { formatNumber, type Table } from '../report/table.js'
import type { Settings } from '../settings.js'

// A young generation of 512 MiB: no collection while allocations are counted.
const FLAGS = ['--expose-gc', '--max-semi-space-size=512', '--min-semi-space-size=512']

/** Measures the hook by itself, step by step, without a server. */
export async function micro(settings: Settings): Promise<PartResult> {
  const progress = createProgress('micro', 2)
  progress.step('import and registration')
  const boots = measureBoot(settings.micro.boots)
  progress.step('hook alone, fresh strings')
  const child = fork(fileURLToPath(new URL('../micro/process.js', import.meta.url)), [], { execArgv: FLAGS })
  try {
    const result = await converse<MicroResult>(child, settings.micro)
    progress.done()
    return describe(result, boots)
  } finally {
    await release(child)
  }
}

function describe(result: MicroResult, boots: readonly BootRow[]): PartResult {
  return {
    part: 'micro',
    data: { ...result, boots },
    tables: [stepsTable(result), firstSeenTable(result), bootTable(boots)],
    charts: [
      {
        title: 'The hook alone, token seen before',
        kind: 'bars',
        xLabel: 'µs; shorter is better',
        yLabel: '',
        logarithmic: false,
        note: 'Fresh strings for every request; the cost of making them is subtracted. Each row does what the one above does, and more.',
        marks: result.rows
          .filter((row) => !row.isWithheld && !/expired|signed out/.test(row.name))
          .map(({ name, carrier, microseconds }) => ({
            at: name,
            series: carrier,
            value: Math.max(0, microseconds.median),
            low: Math.max(0, microseconds.low),
            high: Math.max(0, microseconds.high)
          }))
      }
    ]
  }
}

function stepsTable({ rows }: MicroResult): Table {
  return {
    title: 'Our hook without a server, fresh strings',
    columns: ['what', 'carrier', 'µs', 'upper quartile', 'bytes', 'promises in 1,000'],
    rows: rows.map(({ name, carrier, microseconds, isWithheld, bytes, promises }) => [
      name,
      carrier,
      isWithheld ? 'withheld' : formatNumber(microseconds.median),
      isWithheld ? '–' : formatNumber(microseconds.high),
      bytes.toFixed(0),
      promises
    ]),
    notes: [
      'The row that only builds the request is subtracted, from time and from bytes.',
      ...(rows.some(({ isWithheld }) => isWithheld)
        ? ['Withheld: measured three times, and each time a row seemed to cost less than a row that it contains.']
        : [])
    ]
  }
}

function firstSeenTable({ firstSeen, burst }: MicroResult): Table {
  const row = (name: string, us: Summary, ratio: Summary | null): (string | number)[] => [
    name,
    formatNumber(us.median),
    `${formatNumber(us.low)}–${formatNumber(us.high)}`,
    ratio === null ? '' : ratio.median.toFixed(2)
  ]
  return {
    title: 'A token never seen before',
    columns: ['what', 'µs', 'quartiles', 'of crypto.verify'],
    rows: [
      row('crypto.verify, bytes prepared: the floor', firstSeen.cryptoVerify, null),
      row('hook, one at a time, Bearer', firstSeen.hook.bearer, firstSeen.ratio.bearer),
      row('hook, one at a time, cookie', firstSeen.hook.cookie, firstSeen.ratio.cookie),
      row('hook, forged, Bearer', firstSeen.forged.bearer, null),
      row('hook, forged, cookie', firstSeen.forged.cookie, null),
      row(`burst of ${burst.tokens}: crypto.verify on the loop`, burst.synchronousMicroseconds, null),
      row(`burst of ${burst.tokens}: event loop thread, processor time per token`, burst.loopMicroseconds, burst.ratio),
      row(`burst of ${burst.tokens}: wall time per token`, burst.wallMicroseconds, null)
    ],
    notes: ['One at a time: each in its own turn of the event loop. Burst: all in one turn.']
  }
}

function bootTable(boots: readonly BootRow[]): Table {
  return {
    title: 'Import and registration',
    columns: ['process', 'ms', 'quartiles', "of import('fastify')"],
    rows: boots.map(({ name, milliseconds: { median, low, high }, ratio }) => [
      name,
      formatNumber(median),
      `${formatNumber(low)}–${formatNumber(high)}`,
      ratio.median.toFixed(2)
    ]),
    notes: ['Whole processes, from start to exit, in alternation. No key is fetched.']
  }
}
