import type { FastifyInstance } from 'fastify'

const EMPTY_TREE = '(empty tree)'

/** Whether the server has routes already: `onRoute` hooks added from now on do not see them. */
export function hasRoutes(fastify: FastifyInstance): boolean {
  return fastify.printRoutes() !== EMPTY_TREE
}

/** Whether this is the whole server and not a scope in it. */
export function isWholeServer(fastify: FastifyInstance): boolean {
  return Object.getPrototypeOf(fastify) === Object.prototype
}
