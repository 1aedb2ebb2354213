import type { FastifyInstance, FastifySchema } from 'fastify'
import type { Carrier, Trust } from '../traffic/material.js'

/** One way to protect `GET /me`. Every contender answers with the same bytes for the same user. */
export interface Contender {
  readonly name: string
  /** What it does, and does not do, that the row label has to say. */
  readonly duties: string
  readonly carriers: readonly Carrier[]
  /** Does it judge tokens at all? The correctness gate asks only those that do. */
  readonly judges: boolean
  /** Package whose version goes into the result. */
  readonly packageName: string | null
  register(fastify: FastifyInstance, trust: Trust): Promise<void>
}

/** The route's options are the same for all, so that routing and serialization cost the same. */
export const routeSchema: FastifySchema = {
  response: { 200: { type: 'object', properties: { userId: { type: 'string' } } } }
}

export const unauthorized = { statusCode: 401, error: 'Unauthorized', message: 'Authentication is required' }
