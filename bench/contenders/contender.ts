import type { FastifyInstance, FastifySchema } from 'fastify'
import type { Carrier, Trust } from '../traffic/material.js'

/** A request that must not be let in: no token, a token signed with another key, a token that has run out meanwhile. */
export type Refusal = 'no token' | 'a forged token' | 'an expired token'

export const ALL_REFUSALS: readonly Refusal[] = ['no token', 'a forged token', 'an expired token']

/** One way to protect `GET /me`. Every contender answers with the same bytes for the same user. */
export interface Contender {
  readonly name: string
  /** The checks it does and does not make, as its row tells. */
  readonly duties: string
  readonly carriers: readonly Carrier[]
  /** The requests that it claims to refuse. The correctness gate sends each of them, and expects the others accepted. */
  readonly refuses: readonly Refusal[]
  /** Package whose version is recorded with the result. */
  readonly packageName: string | null
  register(fastify: FastifyInstance, trust: Trust): Promise<void>
}

/** The same for all contenders, so that routing and serialization cost the same. */
export const routeSchema: FastifySchema = {
  response: { 200: { type: 'object', properties: { userId: { type: 'string' } } } }
}

export const unauthorized = { statusCode: 401, error: 'Unauthorized', message: 'Authentication is required' }
