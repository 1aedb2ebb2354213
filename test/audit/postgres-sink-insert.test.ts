import t from 'tap'
import { postgresSink, type Queryable } from '../../src/audit/postgres-sink.js'
import type { AuditSink } from '../../src/audit/types.js'

interface Row {
  readonly n: number
  readonly text?: string
}

/** A pool that keeps what it is asked to insert, and refuses batches with one of the given records. */
function createPool(refused: readonly number[] = []) {
  const inserts: Row[][] = []
  let attempts = 0
  const pool: Queryable = {
    async query({ values }) {
      attempts++
      const [array] = values as [Uint8Array]
      const rows = JSON.parse(Buffer.from(array).toString()) as Row[]
      if (rows.some(({ n }) => refused.includes(n))) throw Object.assign(new Error(), { code: '22P02' })
      inserts.push(rows)
      return { rows: [] }
    }
  }
  const sink = postgresSink({ pool, createTable: false })
  return { sink, inserts, attempts: () => attempts }
}

function linesOf(rows: readonly Row[]): string[] {
  return rows.map((row) => JSON.stringify(row))
}

function bytesOf(rows: readonly Row[]): Uint8Array {
  return Buffer.from(linesOf(rows).join('\n').concat('\n'))
}

async function failureOf(sink: AuditSink, batch: readonly Row[]): Promise<unknown> {
  try {
    await sink.writeBytes?.(bytesOf(batch))
    return null
  } catch (error) {
    return error
  }
}

const rows: Row[] = [
  { n: 0, text: 'line\nbreak, "quotes" and ]' },
  { n: 1, text: 'ü漢\u2028' },
  { n: 2, text: 'x'.repeat(5_000) },
  { n: 3 }
]

t.test('a batch is one insert, and its records arrive as they were written', async (t) => {
  const { sink, inserts } = createPool()
  const bytes = bytesOf(rows)
  await sink.writeBytes?.(bytes)
  t.same(inserts, [rows])
  t.same(bytes, bytesOf(rows), 'the batch itself is left as it is: it may be sent again')
  await sink.write(linesOf(rows.slice(0, 1)))
  t.same(inserts[1], rows.slice(0, 1))
})

t.test('records the database refuses are counted, all others are inserted once', async (t) => {
  for (const refused of [[0], [2], [3], [0, 3], [1, 2], [0, 1, 2, 3]]) {
    const { sink, inserts } = createPool(refused)
    t.match(await failureOf(sink, rows), { retryable: false, lostCount: refused.length })
    t.same(
      inserts.flat().sort((a, b) => a.n - b.n),
      rows.filter(({ n }) => !refused.includes(n)),
      `refused: ${refused}`
    )
  }
})

t.test('one bad record among many costs a few inserts more, not one for each record', async (t) => {
  const many = Array.from({ length: 256 }, (_, n) => ({ n, text: 'x'.repeat(n) }))
  const { sink, inserts, attempts } = createPool([77])
  t.match(await failureOf(sink, many), { lostCount: 1 })
  t.equal(inserts.flat().length, 255)
  t.ok(attempts() <= 25, `${attempts()} inserts`)
})

t.test('an error that is not about the data rejects as it is, for the batch to come again', async (t) => {
  const error = Object.assign(new Error('terminating connection'), { code: '57P01' })
  const sink = postgresSink({ pool: { query: () => Promise.reject(error) }, createTable: false })
  t.equal(await failureOf(sink, rows), error)
})
