import t from 'tap'
import { launchBrowser } from '../browser/chromium.js'
import { testFlows, testPoller, testRestart, testSignInPage } from './flows.js'
import { enterFrontendProject } from './packages.js'
import { startScene } from './scene.js'

// A production instance by TLS. To a browser the names below app.localhost are one site that shares cookies, as
// clerk.example.com and example.com are.

const browser = enterFrontendProject() ? await launchBrowser() : null
if (browser !== null) {
  const setUp = {
    name: 'production',
    isSecure: true,
    hosts: { application: 'app.localhost', api: 'api.app.localhost' }
  }
  const clerk = { instanceType: 'production', frontendApi: 'clerk.app.localhost' } as const
  const scene = await startScene({ ...setUp, clerk })
  const shortLived = await startScene({ ...setUp, clerk: { ...clerk, tokenLifetimeInMs: 20_000 } })
  t.teardown(() => Promise.all([scene.close(), shortLived.close()]))
  testFlows(browser, scene)
  testSignInPage(browser, scene)
  testPoller(browser, shortLived)
  testRestart(browser, scene)
}
