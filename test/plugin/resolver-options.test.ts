import t from 'tap'
import { readResolverOptions } from '../../src/plugin/resolver-options.js'

const SK_LIVE = 'sk_live_Zm9yIHRlc3RzIG9ubHkgbm9ib2R5cyBrZXk'

t.test('options beside a resolver are checked, and those of an instance are sent to the resolver', async (t) => {
  const resolver = () => ({})
  t.match(readResolverOptions({ resolver }), { resolver, maxInstances: 100, defaultDeny: false })
  const refused = (options: object) => {
    try {
      readResolverOptions({ resolver, ...options })
      return undefined
    } catch (error) {
      return error as Error & { code: string }
    }
  }
  t.match(refused({ secretKey: SK_LIVE }), { code: 'FST_CLERK_OPTION_UNKNOWN', message: /secretKey: with a resolver/ })
  t.match(refused({ maxInstance: 5 }), { code: 'FST_CLERK_OPTION_UNKNOWN', message: /did you mean maxInstances/ })
  t.match(refused({ maxInstances: 0 }), { code: 'FST_CLERK_OPTION_RANGE', message: /maxInstances/ })
  t.match(refused({ defaultDeny: 'yes' }), { code: 'FST_CLERK_OPTION_TYPE', message: /defaultDeny/ })
  t.match(refused({ resolver: 5 }), { code: 'FST_CLERK_OPTION_TYPE', message: /resolver must be a function/ })
})
