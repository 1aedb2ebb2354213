import t from 'tap'
import { ignoredProxy } from '../../../src/cli/doctor/egress-proxy.js'

const PROXY = { HTTPS_PROXY: 'http://10.0.0.1:3128' }
const HOST = 'api.clerk.com'

t.test('a proxy of the environment is ignored unless Node is told to use it, and can be', async (t) => {
  t.equal(ignoredProxy({}, HOST), null)
  t.equal(ignoredProxy({ HTTPS_PROXY: '' }, HOST), null)
  t.equal(ignoredProxy(PROXY, HOST, '24.1.0'), 'HTTPS_PROXY')
  const told = { ...PROXY, NODE_USE_ENV_PROXY: '1' }
  for (const version of ['20.20.2', '22.20.0', '23.11.0'])
    t.equal(ignoredProxy(told, HOST, version), 'HTTPS_PROXY', version)
  for (const version of ['22.21.0', '24.0.0', '26.1.0']) t.equal(ignoredProxy(told, HOST, version), null, version)
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
  for (const NO_PROXY of exempt) t.equal(ignoredProxy({ ...PROXY, NO_PROXY }, HOST), null, NO_PROXY)
  for (const NO_PROXY of ['', 'localhost', 'lerk.com', 'x.api.clerk.com']) {
    t.equal(ignoredProxy({ ...PROXY, NO_PROXY }, HOST), 'HTTPS_PROXY', NO_PROXY)
  }
  t.equal(ignoredProxy({ ...PROXY, no_proxy: 'clerk.com' }, HOST), null)
})

t.test('a proxy is named by its variable; Node reads no ALL_PROXY, whatever it is told', async (t) => {
  for (const name of ['ALL_PROXY', 'all_proxy', 'http_proxy']) t.equal(ignoredProxy({ [name]: 'http://p' }, HOST), name)
  const told = { NODE_USE_ENV_PROXY: '1', ALL_PROXY: 'http://p' }
  t.equal(ignoredProxy(told, HOST, '24.0.0'), 'ALL_PROXY')
  t.equal(ignoredProxy({ ...told, ...PROXY }, HOST, '24.0.0'), null)
})
