import type { AddressInfo } from 'node:net'
import process from 'node:process'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import clerkAuth, { type ClerkAuthOptions } from '../../src/index.js'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'
import { exchange, parseResponses, type RawResponse, request } from './raw-client.js'

// A server that is attacked byte by byte, and what must hold of it afterwards.

export const unhandled: unknown[] = []

process.on('unhandledRejection', (reason) => unhandled.push(reason))

interface Target {
  readonly clerk: LocalClerk
  readonly fastify: FastifyInstance
  readonly port: number
  /** Errors that reached the error handler of the application with a status of 500 or more. */
  readonly defects: unknown[]
}

export interface Settings {
  readonly server?: FastifyServerOptions
  readonly plugin?: Partial<ClerkAuthOptions>
  readonly instanceType?: 'development' | 'production'
}

export async function listen(t: Test, { server, plugin, instanceType = 'production' }: Settings = {}): Promise<Target> {
  const frontendApi = instanceType === 'production' ? 'clerk.example.com' : 'happy-lion-12.clerk.accounts.dev'
  const clerk = await createLocalClerk({ frontendApi, instanceType, signingKey, tokenLifetimeInMs: 3_600_000 })
  const fastify = Fastify({ forceCloseConnections: true, ...server }) as FastifyInstance
  const defects: unknown[] = []
  fastify.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if ((error.statusCode ?? 500) >= 500) defects.push(error)
    return reply.code(error.statusCode ?? 500).send({ error: error.message })
  })
  await fastify.register(clerkAuth, clerk.pluginOptions(plugin))
  fastify.get('/', (request) => ({ user: request.auth.isAuthenticated ? request.auth.userId : null }))
  fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => ({
    user: (request.auth as { userId: string }).userId
  }))
  fastify.get('/*', () => 'page')
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(async () => {
    await fastify.close()
    await clerk.close()
  })
  return { clerk, fastify, port: (fastify.server.address() as AddressInfo).port, defects }
}

export async function ask(target: Target, ...chunks: string[]): Promise<RawResponse[]> {
  return parseResponses(await exchange(target.port, ...chunks))
}

export async function stands(t: Test, target: Target): Promise<void> {
  const { authorization } = target.clerk.bearer({ userId: 'user_after' })
  const [response] = await ask(target, request('/me', [`Authorization: ${authorization}`]))
  t.match(response, { status: 200, body: '{"user":"user_after"}' }, 'the next request is served')
  t.same(target.defects, [], 'nothing ended as an error of the server')
  t.same(unhandled, [], 'no rejection went unhandled')
}

export const HOSTS = [
  'evil.test',
  'app.test:99999',
  'app.test:0',
  'app.test:',
  ':80',
  'user:pass@evil.test',
  'app.test@evil.test',
  '//evil.test',
  'evil.test/path',
  'evil.test?query',
  'evil.test#fragment',
  'evil.test\\@app.test',
  '\\\\evil.test',
  'app.test\t',
  '[::1]',
  '[::1',
  '::1',
  '127.0.0.1',
  '0x7f000001',
  'xn--e1afmkfd.test',
  '\xe9vil.test',
  'ex%61mple.test',
  'a'.repeat(300),
  'a.'.repeat(2000),
  'app.test, evil.test',
  'javascript:alert(1)',
  '%0d%0aLocation: x',
  '..',
  '-',
  '',
  'localhost',
  'app.test..',
  '*'
]
