// An application in which one part imports the package and another requires it: prints what the two have in common.
const Fastify = require('fastify')
const required = require('fastify-clerk-auth')
const { createLocalClerk } = require('fastify-clerk-auth/local')

async function main() {
  const imported = await import('fastify-clerk-auth')
  const clerk = await createLocalClerk()
  const fastify = Fastify()
  await fastify.register(imported.default, clerk.pluginOptions())
  fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => required.getAuth(request).userId)
  const { body } = await fastify.inject({ url: '/me', headers: clerk.bearer({ userId: 'user_both' }) })
  const second = Fastify()
  await second.register(imported.default, clerk.pluginOptions())
  const again = await second.register(required, clerk.pluginOptions()).then(
    () => 'registered twice',
    (error) => error.code
  )

  const different = []
  for (const entry of process.argv.slice(2)) {
    const [asModule, asCommonJs] = [await import(entry), require(entry)]
    const names = new Set([...Object.keys(asModule), ...Object.keys(asCommonJs)])
    for (const name of names) if (asModule[name] !== asCommonJs[name]) different.push(`${entry} ${name}`)
  }
  process.stdout.write(JSON.stringify({ body, again, different }))
}

main()
