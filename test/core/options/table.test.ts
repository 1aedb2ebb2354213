import t from 'tap'
import { checkMembers, checkText } from '../../../src/core/options/checks.js'
import { boolean, choice, text, wholeNumber } from '../../../src/core/options/readers.js'
import { group, type OptionTable, option, readOptions, type SettingsOf } from '../../../src/core/options/table.js'
import { type Equals, holds } from '../../types/equals.js'

interface Sample {
  readonly timeoutInMs?: number | undefined
  readonly isLoud?: boolean | null | undefined
  readonly mode?: 'a' | 'b' | undefined
  readonly retry?: { readonly times?: number | undefined } | undefined
}

const timeoutInMs = wholeNumber({ min: 1, max: 10, default: 5 })
const isLoud = option<boolean | null, boolean>(boolean({ default: false }).read, { variable: 'SAMPLE_IS_LOUD' })
const mode = choice(['a', 'b'], { default: 'a' })
const retry = group({ times: wholeNumber({ min: 0, max: 3, default: 1 }) })

const SAMPLE = { timeoutInMs, isLoud, mode, retry } satisfies OptionTable<Sample>

t.test('each option of a table has a setting of its own name, with its default', async (t) => {
  t.strictSame(readOptions(SAMPLE, undefined), { timeoutInMs: 5, isLoud: false, mode: 'a', retry: { times: 1 } })
  const given = { timeoutInMs: 10, isLoud: true, mode: 'b', retry: { times: 3 } }
  const settings = readOptions(SAMPLE, given)
  t.strictSame(settings, given)
  t.ok(Object.isFrozen(settings) && Object.isFrozen(settings.retry))
})

t.test('a variable completes an option; only a variable is read from text', async (t) => {
  const read = (options: object, text: string) => readOptions(SAMPLE, options, { env: { SAMPLE_IS_LOUD: text } }).isLoud
  t.equal(read({}, 'true'), true)
  t.equal(read({ isLoud: false }, 'true'), false)
  t.equal(read({ isLoud: undefined }, 'true'), true)
  t.equal(read({}, ''), false)
  t.equal(read({ isLoud: null }, 'true'), false, 'null: not given, whatever the variable says')
  t.throws(() => read({ isLoud: 'true' }, ''), { code: 'FST_CLERK_OPTION_TYPE' })
  t.throws(() => read({}, 'yes'), { code: 'FST_CLERK_OPTION_VALUE', message: /isLoud \(from SAMPLE_IS_LOUD\)/ })
})

t.test('an object with members of any name is copied and frozen', async (t) => {
  const given = { a: 'x', 'odd name': 'y' }
  const members = checkMembers<string>({ name: 'headers', value: given }, (member) => checkText(member))
  t.strictSame(members, given)
  t.not(members, given)
  t.ok(Object.isFrozen(members))
  const refuse = (value: unknown) => () => checkMembers({ name: 'headers', value }, (member) => checkText(member))
  t.throws(refuse({ a: 5 }), { code: 'FST_CLERK_OPTION_TYPE', message: 'headers.a must be a string, not a number' })
  t.throws(refuse({ 'odd name': 5 }), { message: 'headers.… must be a string, not a number' })
})

t.test('errors name the option with what it belongs to', async (t) => {
  const refuse = (options: unknown) => () => readOptions(SAMPLE, options, { path: 'sample', alsoKnown: ['prefix'] })
  t.doesNotThrow(refuse({ prefix: '/x' }))
  t.throws(refuse(5), {
    code: 'FST_CLERK_OPTION_TYPE',
    message: 'The options of sample must be an object, not a number'
  })
  t.throws(refuse({ mod: 'a' }), {
    code: 'FST_CLERK_OPTION_UNKNOWN',
    message: 'Unknown option sample.mod: did you mean mode?'
  })
  t.throws(refuse({ elephant: 1 }), {
    message: /sample\.elephant: remove it, the options are timeoutInMs, isLoud, mode/
  })
  t.throws(refuse({ timeoutInMs: '5' }), { message: 'sample.timeoutInMs must be a whole number, not a string' })
  t.throws(refuse({ timeoutInMs: 11 }), { message: 'sample.timeoutInMs must be a whole number from 1 to 10' })
  t.throws(refuse({ retry: { tims: 1 } }), { message: 'Unknown option sample.retry.tims: did you mean times?' })
  t.throws(refuse({ retry: 1 }), { message: 'sample.retry must be an object, not a number' })
})

// What follows is checked by the compiler: each line under `@ts-expect-error` has to be an error.

holds<
  Equals<
    SettingsOf<typeof SAMPLE>,
    {
      readonly timeoutInMs: number
      readonly isLoud: boolean
      readonly mode: 'a' | 'b'
      readonly retry: { readonly times: number }
    }
  >
>()

t.test('an option without a reader, and a reader without an option, do not compile', async (t) => {
  // @ts-expect-error isLoud is known to the interface and read by nobody
  const missing = { timeoutInMs, mode, retry } satisfies OptionTable<Sample>
  // @ts-expect-error volume is read and not in the interface
  const tooMany = { timeoutInMs, isLoud, mode, retry, volume: timeoutInMs } satisfies OptionTable<Sample>
  // @ts-expect-error timeoutInMs is declared as a number and read as a text
  const otherType = { timeoutInMs: text({ default: null }), isLoud, mode, retry } satisfies OptionTable<Sample>
  const narrow = choice(['a'], { default: 'a' })
  // @ts-expect-error the interface allows 'b', the reader refuses it
  const narrower = { timeoutInMs, isLoud, mode: narrow, retry } satisfies OptionTable<Sample>
  const wide = choice(['a', 'b', 'c'], { default: 'a' })
  // @ts-expect-error the reader accepts 'c', the interface does not allow it
  const wider = { timeoutInMs, isLoud, mode: wide, retry } satisfies OptionTable<Sample>
  const other = group({ attempts: wholeNumber({ min: 0, max: 3, default: 1 }) })
  // @ts-expect-error retry.times is known to the interface and read by nobody
  const inGroup = { timeoutInMs, isLoud, mode, retry: other } satisfies OptionTable<Sample>
  t.ok([missing, tooMany, otherType, narrower, wider, inGroup])
})
