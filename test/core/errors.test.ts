import t from 'tap'
import type { ClerkAuthErrorCode } from '../../src/core/error-code.js'
import * as errors from '../../src/core/errors.js'
import { warningHelp } from '../../src/help/warnings.js'
import { manuals } from '../docs/manual.js'

const { errorEntries } = errors
/** Where the package has it once installed. */
const PAGE = ['fastify-clerk-auth/src', 'help/README.md'].join('/')
const constructors = Object.values(errors).filter(
  (value) => typeof value === 'function' && value.name === 'FastifyError'
)

t.test('every code is unique, prefixed, and belongs to exactly one exported error', async (t) => {
  const codes = errorEntries.map(({ code }) => code)
  t.equal(new Set(codes).size, codes.length)
  for (const code of codes) t.match(code, /^FST_CLERK_[A-Z0-9]+(_[A-Z0-9]+)*$/)
  const exported = constructors.map(
    (Constructor) => new (Constructor as typeof errors.UnauthorizedError)('a', 'b', 'c').code
  )
  t.strictSame([...exported].sort(), [...codes].sort())
})

t.test('an error carries the status and text of its entry', async (t) => {
  for (const Constructor of constructors as (typeof errors.UnauthorizedError)[]) {
    const error = new Constructor('a', 'b', 'c')
    const entry = errorEntries.find(({ code }) => code === error.code)
    t.equal(error.statusCode, entry?.statusCode, error.code)
    t.ok(error.message.startsWith(entry?.text.split('%s')[0] ?? '?'), error.code)
  }
})

t.test('statuses say whose turn it is: the client, the keys, or the operator', async (t) => {
  const isKnown = (status: number) => (status >= 400 && status < 500) || [500, 502, 503, 504].includes(status)
  for (const { code, statusCode } of errorEntries) t.ok(isKnown(statusCode), code)
  t.equal(new errors.UnauthorizedError('x').statusCode, 401)
  t.equal(new errors.ForbiddenError().statusCode, 403)
  t.equal(new errors.KeysUnavailableError('x').statusCode, 503)
})

t.test('the union of codes and the table agree', async (t) => {
  // Each direction: a code of the union that has no entry fails below, an entry without its code does not compile.
  const unauthorized: ClerkAuthErrorCode = new errors.UnauthorizedError('x').code
  const unknown = new errors.UnknownOptionError('x', '')
  const code: ClerkAuthErrorCode = unknown.code
  // @ts-expect-error a code that no error has
  const none: ClerkAuthErrorCode = 'FST_CLERK_NOTHING'
  t.ok(errorEntries.some((entry) => entry.code === unauthorized))
  t.ok(errorEntries.some((entry) => entry.code === code))
  t.notOk(errorEntries.some((entry) => entry.code === none))
})

t.test(
  'an error of 500 and more names its place in the page about errors, and an answer to a client nothing more',
  async (t) => {
    for (const Constructor of constructors as (typeof errors.UnauthorizedError)[]) {
      const error = new Constructor('a', 'b', 'c') as Error & { code: string; statusCode: number; help?: string }
      const place = `${PAGE}#${error.code.toLowerCase()}`
      t.equal(
        Object.entries(error).find(([name]) => name === 'help')?.[1],
        error.statusCode < 500 ? undefined : place,
        error.code
      )
      t.ok(error instanceof Constructor, error.code)
    }
  }
)

t.test('no manual speaks of a code that does not exist', async (t) => {
  const codes: readonly string[] = [...errorEntries.map(({ code }) => code), ...Object.keys(warningHelp)]
  for (const { path, text } of manuals) {
    for (const [code] of text.matchAll(/FST_CLERK_[A-Z0-9_]*[A-Z0-9]/g))
      t.ok(codes.includes(code), `${code} in ${path}`)
  }
})
