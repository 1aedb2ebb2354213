import type { LocalClerk } from '../../src/local/index.js'
import { anonymousHeaders, type Carrier, forge, type Headers, headersFor, signToken } from '../traffic/material.js'

/** Requests as the HTTP parser delivers them: every header value is a new string, made from bytes. */
export class FreshRequests {
  readonly #names: string[][]
  readonly #values: Buffer[][]
  #next = 0

  constructor(requests: readonly Headers[]) {
    this.#names = requests.map((headers) => Object.keys(headers))
    this.#values = requests.map((headers) => Object.values(headers).map((value) => Buffer.from(value, 'latin1')))
  }

  get count(): number {
    return this.#names.length
  }

  /** Builds the headers of the next request. A string that is used twice keeps its hash, which no real request has. */
  next(): Record<string, string> {
    const index = this.#next
    this.#next = index + 1 === this.#names.length ? 0 : index + 1
    const names = this.#names[index] as string[]
    const values = this.#values[index] as Buffer[]
    const headers: Record<string, string> = {}
    for (let i = 0; i < names.length; i++) headers[names[i] as string] = (values[i] as Buffer).toString('latin1')
    return headers
  }
}

export interface MicroInputs {
  readonly good: Record<Carrier, FreshRequests>
  readonly expired: Record<Carrier, FreshRequests>
  readonly forged: Record<Carrier, FreshRequests>
  readonly anonymous: Record<Carrier, FreshRequests>
  readonly tokens: readonly string[]
}

/** The tokens of `expired` are valid for `expiresInSeconds` from now, so that they are cached before they expire. */
export function createInputs(clerk: LocalClerk, count: number, expiresInSeconds: number): MicroInputs {
  const tokens = Array.from({ length: count }, (_, user) => signToken(clerk, String(user)))
  // Few, because each takes a private-key operation, and their number does not affect the result.
  const few = Math.min(count, 50)
  const expiring = Array.from({ length: few }, (_, user) => signToken(clerk, `expiring_${user}`, expiresInSeconds))
  const forged = tokens.slice(0, few).map(forge)
  const both = (make: (carrier: Carrier) => Headers[]): Record<Carrier, FreshRequests> => ({
    bearer: new FreshRequests(make('bearer')),
    cookie: new FreshRequests(make('cookie'))
  })
  return {
    tokens,
    good: both((carrier) => tokens.map((token) => headersFor(clerk, carrier, token))),
    expired: both((carrier) => expiring.map((token) => headersFor(clerk, carrier, token))),
    forged: both((carrier) => forged.map((token) => headersFor(clerk, carrier, token))),
    anonymous: both((carrier) => [anonymousHeaders(clerk, carrier)])
  }
}
