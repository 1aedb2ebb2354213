import t from 'tap'
import { findDisorder, type Ordered } from '../../bench/micro/order.js'

const row = (
  name: string,
  contains: string | null,
  medianMicroseconds: number,
  carrier: 'bearer' | 'cookie' = 'bearer'
) => ({ name, contains, medianMicroseconds, carrier }) satisfies Ordered

const namesOf = (rows: readonly Ordered[]) => [...findDisorder(rows)].map(({ name, carrier }) => `${name} ${carrier}`)

t.test('rows in order, or equal to the last digit, are all given', async (t) => {
  t.same(namesOf([row('read', null, 0.1), row('look up', 'read', 0.3), row('check', 'look up', 0.295)]), [])
})

t.test('a row that seems cheaper than what it contains is withheld, and that one with it', async (t) => {
  const rows = [row('read', null, 0.1), row('look up', 'read', 0.93), row('check', 'look up', 0.72)]
  t.same(namesOf(rows), ['check bearer', 'look up bearer'])
})

t.test('carriers are judged apart', async (t) => {
  t.same(namesOf([row('read', null, 2, 'cookie'), row('look up', 'read', 1)]), [])
})
