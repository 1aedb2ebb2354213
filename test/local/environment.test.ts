import { generateKeyPairSync } from 'node:crypto'
import Fastify from 'fastify'
import t from 'tap'
import { OPTIONS } from '../../src/core/options/instance-options.js'
import type { Reader } from '../../src/core/options/table.js'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'

const variables = Object.entries<Reader<unknown>>(OPTIONS).flatMap(([name, { variable }]) =>
  variable === undefined ? [] : [[name, variable] as const]
)

const signingKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString()

/** Values that are taken where they count, and lead elsewhere, beside the text that no option takes. */
const HOSTILE: Readonly<Record<string, string>> = {
  CLERK_API_VERSION: 'v2',
  CLERK_DOMAIN: 'other.example.com',
  CLERK_IS_SATELLITE: 'true',
  CLERK_PROXY_URL: 'https://proxy.example.com/__clerk',
  CLERK_API_URL: 'https://api.example.com',
  CLERK_SIGN_IN_URL: 'https://sign-in.example.com'
}

t.test('pluginOptions() gives every option that has a variable', async (t) => {
  const given = (await createLocalClerk()).pluginOptions()
  t.ok(variables.length >= 11)
  for (const [name] of variables) t.not((given as unknown as Record<string, unknown>)[name], undefined, name)
})

for (const listens of [false, true]) {
  t.test(`no variable of the developer's environment counts, ${listens ? 'with' : 'without'} sockets`, async (t) => {
    const answers = async (env: Readonly<Record<string, string>>) => {
      Object.assign(process.env, env)
      const clerk = await createLocalClerk({ instanceType: 'production', signingKey })
      if (listens) await clerk.listen()
      const app = Fastify()
      try {
        await app.register(clerkAuth, clerk.pluginOptions({ acceptsToken: 'any' as const }))
        app.get('/', { onRequest: app.requireAuth }, () => 'in')
        const get = async (headers: Record<string, string>) => (await app.inject({ url: '/', headers })).statusCode
        const machine = clerk.machineTokens.createM2MToken()
        return [
          await get(clerk.bearer()),
          await get({ cookie: clerk.cookies() }),
          await get({ authorization: `Bearer ${machine}` }),
          await get({})
        ]
      } finally {
        await app.close()
        await clerk.close()
        for (const name of Object.keys(env)) delete process.env[name]
      }
    }
    for (const [, variable] of variables) {
      for (const value of ['not what it takes', ...(variable in HOSTILE ? [HOSTILE[variable] as string] : [])]) {
        t.strictSame(await answers({ [variable]: value }), [200, 200, 200, 401], `${variable}=${value}`)
      }
    }
    t.strictSame(
      await answers(
        Object.fromEntries(variables.map(([, variable]) => [variable, HOSTILE[variable] ?? 'not what it takes']))
      ),
      [200, 200, 200, 401],
      'all at once'
    )
  })
}
