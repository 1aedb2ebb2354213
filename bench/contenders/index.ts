import { bare } from './bare.js'
import { awsJwtVerify, jose } from './by-hand.js'
import { clerkFastify } from './clerk-fastify.js'
import type { Contender } from './contender.js'
import { fastifyJwt, fastifyJwtResolver } from './fastify-jwt.js'
import { floorMap, floorMapPooled, floorPooled, floorSynchronous } from './floors.js'
import { ours } from './ours.js'
import { roads } from './roads.js'

/** In the order in which tables list them. */
export const contenders: readonly Contender[] = [
  bare,
  floorMap,
  floorPooled,
  floorSynchronous,
  ours,
  clerkFastify,
  fastifyJwt,
  fastifyJwtResolver,
  jose,
  awsJwtVerify
]

/** Those too that only `first-seen` measures. */
export const everyContender: readonly Contender[] = [...contenders, floorMapPooled, ...Object.values(roads)]
