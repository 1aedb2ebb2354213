// The least work that a hook of its kind can do, written by hand. What a floor leaves out is named in its duties; the
// gate shows that it does the rest.
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Trust } from '../traffic/material.js'
import { type Contender, type Refusal, routeSchema, unauthorized } from './contender.js'

type Done = () => void
type Judge = (request: Marked, reply: FastifyReply, token: string, done: Done) => void

interface Marked extends FastifyRequest {
  floorUserId: string
}

interface Parts {
  readonly input: Buffer
  readonly signature: Buffer
}

const COOKIE = '__session='
const TAIL = 12
/** Floors know no time: a token that has run out is let in. */
const REFUSES: readonly Refusal[] = ['no token', 'a forged token']

function protect(fastify: FastifyInstance, onRequest: onRequestHookHandler): void {
  fastify.decorateRequest('floorUserId', '')
  fastify.get('/me', { schema: routeSchema, onRequest }, (request, reply) => {
    reply.send({ userId: (request as Marked).floorUserId })
  })
}

function readToken({ authorization, cookie }: FastifyRequest['headers']): string | null {
  if (authorization !== undefined) return authorization.slice(7)
  const at = cookie === undefined ? -1 : cookie.indexOf(COOKIE)
  if (cookie === undefined || at === -1) return null
  const end = cookie.indexOf(';', at)
  return cookie.slice(at + COOKIE.length, end === -1 ? undefined : end)
}

function split(token: string): Parts {
  const end = token.lastIndexOf('.')
  return {
    input: Buffer.from(token.slice(0, end), 'latin1'),
    signature: Buffer.from(token.slice(end + 1), 'base64url')
  }
}

function readUserId(token: string): string {
  const claims = token.slice(token.indexOf('.') + 1, token.lastIndexOf('.'))
  return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub: string }).sub
}

function refuse(reply: FastifyReply): void {
  reply.code(401).send(unauthorized)
}

function synchronously(key: KeyObject, request: Marked, reply: FastifyReply, token: string, done: Done): void {
  const { input, signature } = split(token)
  if (verify('sha256', input, key, signature)) {
    request.floorUserId = readUserId(token)
    done()
  } else refuse(reply)
}

function onPool(key: KeyObject, request: Marked, reply: FastifyReply, token: string, done: Done): void {
  const { input, signature } = split(token)
  verify('sha256', input, key, signature, (error, isGood) => {
    if (error !== null || !isGood) return refuse(reply)
    request.floorUserId = readUserId(token)
    done()
  })
}

/** Looks a token up by its last characters, and judges the others by `judge`. */
function remembering(judge: typeof synchronously): (key: KeyObject) => Judge {
  return (key) => {
    const known = new Map<string, { readonly token: string; readonly userId: string }>()
    return (request, reply, token, done) => {
      const tail = token.slice(-TAIL)
      const entry = known.get(tail)
      if (entry !== undefined && entry.token === token) {
        request.floorUserId = entry.userId
        return done()
      }
      judge(key, request, reply, token, () => {
        known.set(tail, { token, userId: request.floorUserId })
        done()
      })
    }
  }
}

function createFloor(name: string, duties: string, createJudge: (key: KeyObject) => Judge): Contender {
  return {
    name,
    duties,
    carriers: ['bearer', 'cookie'],
    refuses: REFUSES,
    packageName: null,
    async register(fastify, trust: Trust) {
      const judge = createJudge(createPublicKey(trust.jwtKey))
      protect(fastify, (request, reply, done) => {
        const token = readToken(request.headers)
        if (token === null) refuse(reply)
        else judge(request as Marked, reply, token, done)
      })
    }
  }
}

/** The least that a cached check costs. */
export const floorMap = createFloor(
  'floor: map',
  'signature once, then a Map by the last 12 characters; no times, issuer, session states, revocation, bound',
  remembering(synchronously)
)

/** The least that a token costs whose signature is checked on the thread pool. */
export const floorPooled = createFloor(
  'floor: pooled',
  'crypto.verify on the thread pool and JSON.parse; no JOSE header, times, issuer, session states, cache',
  (key) => (request, reply, token, done) => onPool(key, request, reply, token, done)
)

/** The least that known tokens wait for beside new ones: no server can do less for either, and use the thread pool. */
export const floorMapPooled = createFloor(
  'floor: map and pool',
  'known tokens by a Map, others by crypto.verify on the thread pool; no times, issuer, session states, revocation, bound',
  remembering(onPool)
)

/** The least that a token costs whose signature is checked on the event loop. */
export const floorSynchronous = createFloor(
  'floor: synchronous',
  'crypto.verify on the event loop and JSON.parse; no JOSE header, times, issuer, session states, cache',
  (key) => (request, reply, token, done) => synchronously(key, request, reply, token, done)
)
