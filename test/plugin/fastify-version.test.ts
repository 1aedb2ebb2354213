import Fastify from 'fastify'
import t from 'tap'
import audit from '../../src/audit/index.js'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'

t.test(
  'a Fastify that lets malformed URLs past guards is refused at boot, and so is one that does not exist yet',
  async (t) => {
    const clerk = await createLocalClerk()
    for (const [version, isRefused] of [
      ['4.29.1', true],
      ['5.0.0', true],
      ['5.12.7', true],
      ['5.12.8', false],
      ['5.99.0', false],
      ['6.0.0', true]
    ] as const) {
      const app = Fastify()
      t.teardown(() => app.close())
      Object.defineProperty(app, 'version', { value: version })
      const registering = (async () => await app.register(clerkAuth, clerk.pluginOptions()))()
      if (isRefused) {
        await t.rejects(registering, { code: 'FST_ERR_PLUGIN_VERSION_MISMATCH', message: version })
        const sink = { name: 'none', open() {}, close() {}, write() {} }
        const other = Fastify()
        t.teardown(() => other.close())
        Object.defineProperty(other, 'version', { value: version })
        await t.rejects(async () => await other.register(audit, { sink: sink as never }), {
          code: 'FST_ERR_PLUGIN_VERSION_MISMATCH'
        })
      } else {
        await registering
        t.ok(app.clerk, version)
      }
    }
  }
)
