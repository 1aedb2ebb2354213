import t from 'tap'
import { accountPortalOrigin, isDevelopmentAccountPortal } from '../../../src/core/state/account-portal.js'

t.test('the account portal of an instance follows from its host', async (t) => {
  for (const [host, origin] of [
    ['clerk.example.com', 'https://accounts.example.com'],
    ['happy-lion-12.clerk.accounts.dev', 'https://happy-lion-12.accounts.dev'],
    ['happy-lion-12.clerk.accountsstage.dev', 'https://happy-lion-12.accountsstage.dev'],
    ['happy-lion-12.clerk.accounts.lclclerk.com', 'https://happy-lion-12.accounts.lclclerk.com'],
    ['clerk.a.b.lcl.dev', 'https://accounts.a.b.lcl.dev'],
    ['', '']
  ]) {
    t.equal(accountPortalOrigin(host as string), origin)
  }
})

t.test('the account portals of development instances are known by their hosts', async (t) => {
  for (const host of [
    'accounts.a.b.lcl.dev',
    'accounts.a.lclstage.dev',
    'accounts.a.lclclerk.com',
    'a.accounts.dev',
    'a.accountsstage.dev',
    'a.accounts.lclclerk.com'
  ]) {
    t.ok(isDevelopmentAccountPortal(host), host)
  }
  for (const host of [
    'accounts.example.com',
    'a.b.lcl.dev',
    'a.lclclerk.com',
    'x.accounts.a.lclstage.dev',
    'accounts.a.lcl.dev.evil.test',
    'a.clerk.accounts.dev',
    'a.clerk.accountsstage.dev',
    'a.clerk.accounts.lclclerk.com',
    'a.accounts.dev.evil.test',
    'accounts.dev',
    'evil.test'
  ]) {
    t.notOk(isDevelopmentAccountPortal(host), host)
  }
})
