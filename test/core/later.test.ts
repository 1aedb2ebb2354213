import { AsyncLocalStorage } from 'node:async_hooks'
import t from 'tap'
import { convert, isToCome, Later, listen, toLater, whenEnded } from '../../src/core/later.js'

const unexpected = () => {
  throw new Error('not this one')
}

t.test('the first to listen is called at once, the others from a promise', async (t) => {
  const later = new Later<number>()
  const heard: string[] = []
  later.listen((value) => heard.push(`first ${value}`), unexpected)
  later.listen((value) => heard.push(`second ${value}`), unexpected)
  later.settle(1)
  t.same(heard, ['first 1'])
  t.equal(await later, 1)
  t.same(heard, ['first 1', 'second 1'])
  later.listen((value) => heard.push(`late ${value}`), unexpected)
  t.same(heard, ['first 1', 'second 1'], 'never within the call')
  t.equal(await later.promise(), 1)
  t.same(heard, ['first 1', 'second 1', 'late 1'])
})

t.test('a value that has come before anybody listens is kept', async (t) => {
  const later = new Later<string>()
  later.settle('a')
  t.equal(await later.next((value) => `${value}b`), 'ab')
})

t.test('a failure goes to everybody who listens', async (t) => {
  const error = new Error('no thread')
  const later = new Later<number>()
  const heard: unknown[] = []
  later.listen(unexpected, (cause) => heard.push(cause))
  const second = t.rejects(later.promise(), error)
  later.fail(error)
  t.same(heard, [error])
  await second
  await t.rejects(later.promise(), error, 'and to those who come after')
})

t.test('a failure that nobody hears is an unhandled rejection, as with a promise', async (t) => {
  const later = new Later<number>()
  const heard = new Promise((resolve) => process.once('unhandledRejection', resolve))
  const error = new Error('nobody hears it')
  later.fail(error)
  t.equal(await heard, error)
})

t.test('next converts at once, whatever the conversion gives', async (t) => {
  const later = new Later<number>()
  let sum: number | null = null
  later
    .next((value) => value + 1)
    .next((value) => value + 1)
    .listen((value) => {
      sum = value
    }, unexpected)
  later.settle(1)
  t.equal(sum, 3)

  const ofPromise = new Later<number>()
  const converted = ofPromise.next(async (value) => value * 2)
  ofPromise.settle(4)
  t.equal(await converted, 8)

  const [outer, other] = [new Later<number>(), new Later<number>()]
  let given = 0
  outer
    .next(() => other)
    .listen((value) => {
      given = value
    }, unexpected)
  outer.settle(0)
  t.equal(given, 0)
  other.settle(5)
  t.equal(given, 5)
})

t.test('what a conversion throws, and a failure before it, fail what it would have given', async (t) => {
  const [thrown, failed] = [new Later<number>(), new Later<number>()]
  const error = new Error('a defect')
  const heard: unknown[] = []
  thrown
    .next(() => {
      throw error
    })
    .listen(unexpected, (cause) => heard.push(cause))
  failed.next(unexpected).listen(unexpected, (cause) => heard.push(cause))
  thrown.settle(1)
  failed.fail(error)
  t.same(heard, [error, error])
})

t.test('the end is told first, whatever comes, and takes no listener its place', async (t) => {
  const heard: string[] = []
  const [good, bad] = [new Later<number>(), new Later<number>()]
  whenEnded(good, () => heard.push('end'))
  whenEnded(bad, () => heard.push('end'))
  good.listen(() => heard.push('value'), unexpected)
  bad.listen(unexpected, () => heard.push('error'))
  good.settle(1)
  bad.fail(new Error())
  t.same(heard, ['end', 'value', 'end', 'error'])
  const ended = new Promise<void>((resolve) => whenEnded(Promise.reject(new Error()), resolve))
  await ended
})

t.test('values, promises and later values are taken alike', async (t) => {
  t.equal(
    convert(1, (value) => value + 1),
    2
  )
  t.equal(await convert(Promise.resolve(1), (value) => value + 1), 2)
  t.equal(await convert(toLater(Promise.resolve(1)), (value) => value + 1), 2)
  const later = new Later<number>()
  t.equal(toLater(later), later)
  t.same(
    [1, Promise.resolve(1), later].map((value) => isToCome(value)),
    [false, true, true]
  )
  const failure = new Error()
  t.equal(await new Promise((resolve) => listen(Promise.reject(failure), unexpected, resolve)), failure)
})

t.test('each goes on in the async context in which it listened, the first in that of the work', async (t) => {
  const storage = new AsyncLocalStorage<string>()
  const later = new Later<number>()
  const heard: (string | undefined)[] = []
  const note = () => heard.push(storage.getStore())
  storage.run('one', () => {
    setImmediate(() => later.settle(1))
    later.listen(note, unexpected)
  })
  storage.run('two', () => later.listen(note, unexpected))
  await later
  t.same(heard, ['one', 'two'])
})
