import t from 'tap'
import { launchBrowser } from '../browser/chromium.js'
import { testFlows, testPoller, testRestart, testSignInPage } from './flows.js'
import { enterFrontendProject } from './packages.js'
import { startScene } from './scene.js'

// FAPI of a development instance at an absolute proxyUrl, by plain HTTP: two ports of one machine, no name that would have
// to be mapped, no certificate.

const browser = enterFrontendProject() ? await launchBrowser() : null
if (browser !== null) {
  const setUp = { name: 'development', isSecure: false, hosts: { application: '127.0.0.1', api: '127.0.0.1' } }
  const scene = await startScene({ ...setUp, clerk: {} })
  const shortLived = await startScene({ ...setUp, clerk: { tokenLifetimeInMs: 20_000 } })
  t.teardown(() => Promise.all([scene.close(), shortLived.close()]))
  testFlows(browser, scene)
  testSignInPage(browser, scene)
  testPoller(browser, shortLived)
  testRestart(browser, scene)
}
