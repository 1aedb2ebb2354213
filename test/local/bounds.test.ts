import t from 'tap'
import { BoundedMap } from '../../src/local/bounded-map.js'
import { createClients } from '../../src/local/clients.js'
import { createDirectory } from '../../src/local/directory.js'
import { createSignInTokens } from '../../src/local/frontend-api/sign-in-tokens.js'

// A page that goes wrong asks for ever: what it leaves behind is bounded, and the oldest goes first.

t.test('a full map forgets its oldest entry for a new one, and none for one that it has', async (t) => {
  const map = new BoundedMap<string, number>(2)
  map.set('a', 1).set('b', 2).set('a', 3)
  t.same(
    [...map],
    [
      ['a', 3],
      ['b', 2]
    ]
  )
  map.set('c', 4)
  t.same(
    [...map],
    [
      ['b', 2],
      ['c', 4]
    ]
  )
})

t.test('browsers, sessions and tickets: the newest are known, the oldest forgotten', async (t) => {
  const clients = createClients()
  const first = clients.create()
  let last = first
  for (let count = 0; count < 10_000; count++) last = clients.create()
  t.equal(clients.find(first.devBrowser), undefined)
  t.equal(clients.find(first.id), undefined)
  t.equal(clients.find(last.devBrowser), last)

  const directory = createDirectory([], [])
  const oldest = directory.openSession('user_1', 0)
  let newest = oldest
  for (let count = 0; count < 100_000; count++) newest = directory.openSession('user_1', 0)
  t.equal(directory.session(oldest.id), undefined)
  t.equal(directory.session(newest.id), newest)

  const tickets = createSignInTokens()
  const early = tickets.issue('user_1', 1000)
  let late = early
  for (let count = 0; count < 10_000; count++) late = tickets.issue('user_1', 1000)
  t.equal(tickets.redeem(early, 0), undefined)
  t.equal(tickets.redeem(late, 0), 'user_1')
})

t.test('sign-ups are refused when there are enough', async (t) => {
  const directory = createDirectory([{ id: 'user_ada' }], [])
  let isEvery = true
  for (let count = 0; count < 10_000; count++) isEvery &&= directory.addUser({ id: `user_${count}` })
  t.ok(isEvery)
  t.equal(directory.addUser({ id: 'user_more' }), false)
  t.equal(directory.user('user_more'), undefined)
  t.ok(directory.userByEmail('ada@example.com'))
})
