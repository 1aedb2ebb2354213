import type { FastifyInstance, FastifySchema } from 'fastify'
import type { Carrier, Trust } from '../traffic/material.js'

/** One way to protect `GET /me`. Every contender answers with the same bytes for the same user. */
export interface Contender {
  readonly name: string
  /** The checks it does and does not make, as its row tells. */
  readonly duties: string
  readonly carriers: readonly Carrier[]
  /** Whether it judges tokens. Only those that do pass through the correctness gate. */
  readonly judges: boolean
  /** Package whose version is recorded with the result. */
  readonly packageName: string | null
  register(fastify: FastifyInstance, trust: Trust): Promise<void>
}

/** The same for all contenders, so that routing and serialization cost the same. */
export const routeSchema: FastifySchema = {
  response: { 200: { type: 'object', properties: { userId: { type: 'string' } } } }
}

export const unauthorized = { statusCode: 401, error: 'Unauthorized', message: 'Authentication is required' }
