// To be bundled: every entry, and every feature that needs an optional peer. Prints what each answers.
import Fastify from 'fastify'
import clerkAuth, { createTokenVerifier, getAuth, shareKeySets } from 'fastify-clerk-auth'
import audit, { fileSink, postgresSink } from 'fastify-clerk-auth/audit'
import { CHANNELS, subscribe } from 'fastify-clerk-auth/diagnostics'
import { createLocalClerk } from 'fastify-clerk-auth/local'
import metrics from 'fastify-clerk-auth/metrics'
import { createClusterBus, createMemoryBus, createRedisBus } from 'fastify-clerk-auth/revocation'
import webhooks from 'fastify-clerk-auth/webhooks'

async function main() {
  const refusals = []
  subscribe('fastify-clerk-auth:refusal', ({ reason }) => void refusals.push(reason))
  const clerk = await createLocalClerk({ users: [{ id: 'user_1', name: 'Ada' }] })
  const records = []
  const sink = { name: 'memory', open() {}, write: (lines) => void records.push(...lines), close() {} }

  const app = Fastify()
  await app.register(clerkAuth, clerk.pluginOptions())
  await app.register(audit, { sink })
  app.get('/me', { onRequest: app.requireAuth }, (request) => getAuth(request).userId)
  const signedIn = await app.inject({ url: '/me', headers: clerk.bearer({ userId: 'user_1' }) })
  const signedOut = await app.inject('/me')
  const signInPage = await (await clerk.fetch(clerk.signInUrl)).text()
  await app.close()

  // Keys from the key set: what imports them is loaded when the first one comes.
  const verifier = createTokenVerifier(clerk.pluginOptions())
  const { ok } = await verifier.verify(clerk.signSessionToken())
  verifier.close()

  const withFeature = async (plugin, options) => {
    const server = Fastify()
    await server.register(clerkAuth, clerk.pluginOptions())
    await server.register(plugin, options)
    await server.close()
  }
  const features = {
    metrics: () => withFeature(metrics, {}),
    webhooks: () => withFeature(webhooks, { signingSecret: clerk.webhookSecret }),
    pino: () => fileSink('audit.ndjson').open(),
    'pino-roll': () => fileSink({ path: 'rolled.ndjson', rotate: { size: '1m' } }).open(),
    pg: () => postgresSink({ connectionString: 'postgres://127.0.0.1:1/none' }).open(),
    selfsigned: async () => {
      const local = await createLocalClerk()
      await local.listen({ tls: true }).finally(() => local.close())
    }
  }
  const answers = {}
  for (const [name, use] of Object.entries(features)) {
    answers[name] = await use().then(
      () => 'works',
      ({ code, message }) => code ?? message
    )
  }
  await clerk.close()

  const entries = [shareKeySets, createMemoryBus, createClusterBus, createRedisBus].map((value) => typeof value)
  process.stdout.write(
    JSON.stringify({
      signedIn: signedIn.body,
      signedOut: signedOut.statusCode,
      verified: ok,
      refusals: refusals.length,
      records: records.length,
      channels: CHANNELS.length,
      entries,
      signInPage: signInPage.includes('Ada'),
      answers
    })
  )
  process.exit()
}

main()
