import { parseAuthorization } from '../../src/core/request/authorization.js'
import { createCarriedCookies } from '../../src/core/request/cookies.js'
import type { Carrier } from '../traffic/material.js'
import type { FreshRequests, MicroInputs } from './inputs.js'
import { FakeRequest, type Subject } from './subject.js'

export interface MicroRow {
  readonly name: string
  readonly carrier: Carrier
  /** The row whose cost is subtracted, because the bench itself adds it; null for such a row. */
  readonly less: string | null
  /** The row whose work this one does too, so that it cannot cost less; null: it does the work of none. */
  readonly contains: string | null
  /** Runs the step once, with the next input. Has to be synchronous. */
  readonly run: () => void
}

/** Keeps results alive, so that the optimizer cannot drop their computation. */
export const sink: { value: unknown } = { value: null }

const nothing = () => {}

/** Rows for the steps of the hot path, and for whole hooks by kind of request. */
export function createRows(subject: Subject, inputs: MicroInputs): MicroRow[] {
  return (['bearer', 'cookie'] as const).flatMap((carrier) => rowsOf(subject, inputs, carrier))
}

function rowsOf({ instance, authenticate }: Subject, inputs: MicroInputs, carrier: Carrier): MicroRow[] {
  const good = inputs.good[carrier]
  const cookies = createCarriedCookies()
  const row = (name: string, less: string | null, run: () => void, contains: string | null = null): MicroRow => {
    return { name, carrier, less, contains, run }
  }
  const readToken =
    carrier === 'bearer'
      ? (headers: Record<string, string>) => parseAuthorization(headers.authorization)
      : (headers: Record<string, string>) => {
          instance.readCookies(headers.cookie as string, cookies)
          return cookies.session
        }
  const whole = (name: string, requests: FreshRequests, contains: string | null = null) => [
    row(`build: ${name}`, null, () => {
      sink.value = new FakeRequest(requests.next())
    }),
    row(
      `hook: ${name}`,
      `build: ${name}`,
      () => {
        sink.value = authenticate(requests.next(), nothing)
      },
      contains
    )
  ]
  // Cookies of the plain case have a reader of their own, which does less.
  const decided = carrier === 'bearer' ? 'read, look up, check times and revocation' : null
  return [
    row('build: headers', null, () => {
      sink.value = good.next()
    }),
    row('read', 'build: headers', () => {
      sink.value = readToken(good.next())
    }),
    row(
      'read, look up',
      'build: headers',
      () => {
        sink.value = instance.memory.find(readToken(good.next()))
      },
      'read'
    ),
    row(
      'read, look up, check times and revocation',
      'build: headers',
      () => {
        sink.value = instance.verifier.recall(readToken(good.next()))
      },
      'read, look up'
    ),
    row(
      'read, decide, look up, check',
      'build: headers',
      () => {
        sink.value = instance.knownSession('GET', '/me', good.next())
      },
      decided
    ),
    row('no-op hook', 'build: hit', () => {
      const request = new FakeRequest(good.next())
      sink.value = request
      nothing()
    }),
    ...whole('hit', good, 'read, decide, look up, check'),
    ...whole('expired', inputs.expired[carrier]),
    ...whole('signed out', inputs.anonymous[carrier])
  ]
}
