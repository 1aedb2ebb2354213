import { bare } from './bare.js'
import { awsJwtVerify, jose } from './by-hand.js'
import { clerkFastify } from './clerk-fastify.js'
import type { Contender } from './contender.js'
import { fastifyJwt, fastifyJwtResolver } from './fastify-jwt.js'
import { ours } from './ours.js'

export const contenders: readonly Contender[] = [
  bare,
  ours,
  clerkFastify,
  fastifyJwt,
  fastifyJwtResolver,
  jose,
  awsJwtVerify
]
