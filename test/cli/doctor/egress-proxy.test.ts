import t from 'tap'
import { ignoresProxy } from '../../../src/cli/doctor/egress-proxy.js'

const PROXY = { HTTPS_PROXY: 'http://10.0.0.1:3128' }
const HOST = 'api.clerk.com'

t.test('a proxy of the environment is ignored unless Node is told to use it, and can be', async (t) => {
  t.equal(ignoresProxy({}, HOST), false)
  t.equal(ignoresProxy({ HTTPS_PROXY: '' }, HOST), false)
  t.equal(ignoresProxy(PROXY, HOST, '24.1.0'), true)
  const told = { ...PROXY, NODE_USE_ENV_PROXY: '1' }
  for (const version of ['20.20.2', '22.20.0', '23.11.0']) t.equal(ignoresProxy(told, HOST, version), true, version)
  for (const version of ['22.21.0', '24.0.0', '26.1.0']) t.equal(ignoresProxy(told, HOST, version), false, version)
})

t.test('a host that NO_PROXY lists is not for the proxy', async (t) => {
  const exempt = [
    '*',
    'api.clerk.com',
    'clerk.com',
    '.clerk.com',
    '*.clerk.com',
    'a.test, API.clerk.com',
    'clerk.com:443'
  ]
  for (const NO_PROXY of exempt) t.equal(ignoresProxy({ ...PROXY, NO_PROXY }, HOST), false, NO_PROXY)
  for (const NO_PROXY of ['', 'localhost', 'lerk.com', 'x.api.clerk.com']) {
    t.equal(ignoresProxy({ ...PROXY, NO_PROXY }, HOST), true, NO_PROXY)
  }
  t.equal(ignoresProxy({ ...PROXY, no_proxy: 'clerk.com' }, HOST), false)
})
