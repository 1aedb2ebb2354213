import fc from 'fast-check'
import t from 'tap'
import {
  backendApiUrl,
  buildPublishableKey,
  cookieSuffix,
  originalFrontendApi,
  parsePublishableKey
} from '../../src/core/publishable-key.js'

const encode = (text: string) => Buffer.from(text, 'latin1').toString('base64')

t.test('a publishable key gives its FAPI host, and the instance type from its prefix alone', async (t) => {
  const host = 'clerk.example.com'
  t.strictSame(parsePublishableKey('pk_live_Y2xlcmsuZXhhbXBsZS5jb20k'), {
    instanceType: 'production',
    frontendApi: host
  })
  t.strictSame(parsePublishableKey('pk_test_Y2xlcmsuZXhhbXBsZS5jb20k'), {
    instanceType: 'development',
    frontendApi: host
  })
  t.strictSame(parsePublishableKey('pk_test_aGFwcHktbGlvbi0xMi5jbGVyay5hY2NvdW50cy5kZXYk'), {
    instanceType: 'development',
    frontendApi: 'happy-lion-12.clerk.accounts.dev'
  })
})

t.test('padding may be left out or complete', async (t) => {
  const padded = `pk_live_${encode('clerk.alpha.example$')}`
  t.match(padded, /=$/)
  t.equal(parsePublishableKey(padded)?.frontendApi, 'clerk.alpha.example')
  t.equal(parsePublishableKey(padded.replace(/=+$/, ''))?.frontendApi, 'clerk.alpha.example')
  t.equal(parsePublishableKey(`${padded}=`), null)
})

t.test('what is no publishable key is refused', async (t) => {
  const good = encode('clerk.example.com$')
  const bad: Record<string, string> = {
    empty: '',
    'prefix only': 'pk_live_',
    'secret key': 'sk_live_abcdefgh',
    'prefix in capitals': `PK_LIVE_${good}`,
    'unknown prefix': `pk_prod_${good}`,
    'four parts': `pk_live_${good}_x`,
    'host not encoded': 'pk_live_clerk.example.com',
    'no dollar at the end': `pk_live_${encode('clerk.example.com')}`,
    'two dollars': `pk_live_${encode('clerk.example.com$$')}`,
    'dollar within': `pk_live_${encode('clerk.$example.com$')}`,
    'no dot': `pk_live_${encode('localhost$')}`,
    'only a dollar': `pk_live_${encode('$')}`,
    'base64url alphabet': `pk_live_${encode('clerk.\xff\xff.com$').replaceAll('/', '_').replaceAll('+', '-')}`,
    'one digit too many': `pk_live_${encode('clerk.example.com$')}A`,
    'padding within': `pk_live_Y2xl=cmsuZXhhbXBsZS5jb20k`,
    'space at the end': `pk_live_${good} `,
    'line break at the end': `pk_live_${good}\n`,
    'a path behind the host': `pk_live_${encode('clerk.example.com/x$')}`,
    'credentials before the host': `pk_live_${encode('a@clerk.example.com$')}`,
    'a query behind the host': `pk_live_${encode('clerk.example.com?x$')}`,
    'NUL in the host': `pk_live_${encode('clerk.\0example.com$')}`,
    'not Latin letters': `pk_live_${encode('clerk.ex\xe4mple.com$')}`,
    'beyond the longest host name': `pk_live_${encode(`${'a.'.repeat(300)}com$`)}`
  }
  for (const [name, key] of Object.entries(bad)) t.equal(parsePublishableKey(key), null, name)
})

t.test('any text at all is answered, and what parses survives a round trip', async () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.tuple(fc.constantFrom('pk_live_', 'pk_test_'), fc.string()).map(([prefix, text]) => prefix + encode(`${text}$`))
  )
  fc.assert(
    fc.property(texts, (text) => {
      const key = parsePublishableKey(text)
      if (key === null) return true
      const again = parsePublishableKey(buildPublishableKey(key.frontendApi, key.instanceType))
      return again?.frontendApi === key.frontendApi && again.instanceType === key.instanceType
    }),
    { numRuns: 2000, seed: 1 }
  )
})

t.test('cookie suffixes are those that browsers get from Clerk', async (t) => {
  t.equal(cookieSuffix('pk_live_Y2xlcmsuZXhhbXBsZS5jb20k'), 'naoXFJnI')
  t.equal(cookieSuffix('pk_live_Y2xlcmsuYWxwaGEuZXhhbXBsZSQ'), 'UF2Ktn_I')
  t.equal(cookieSuffix('pk_live_Y2xlcmsuaW5kaWEuZXhhbXBsZSQ'), 'ZSzO_F4K')
  t.equal(cookieSuffix('pk_test_aGFwcHktbGlvbi0xMi5jbGVyay5hY2NvdW50cy5kZXYk'), 'GdCFB9KD')
})

t.test('only a production satellite with a domain has tokens of another host', async (t) => {
  const production = { instanceType: 'production', frontendApi: 'clerk.example.com' } as const
  const development = { instanceType: 'development', frontendApi: 'a-b-1.clerk.accounts.dev' } as const
  t.equal(originalFrontendApi(production, { isSatellite: true, domain: 'sat.test' }), 'clerk.sat.test')
  t.equal(originalFrontendApi(production, { isSatellite: true, domain: '' }), 'clerk.example.com')
  t.equal(originalFrontendApi(production, { isSatellite: false, domain: 'sat.test' }), 'clerk.example.com')
  t.equal(originalFrontendApi(development, { isSatellite: true, domain: 'sat.test' }), 'a-b-1.clerk.accounts.dev')
})

t.test('BAPI follows from the family of the FAPI host', async (t) => {
  const urls: Record<string, string> = {
    'clerk.example.com': 'https://api.clerk.com',
    'happy-lion-12.clerk.accounts.dev': 'https://api.clerk.com',
    'clerk.happy.lion-12.lcl.dev': 'https://api.clerk.com',
    'clerk.x.lclclerk.com': 'https://api.clerk.com',
    'x.lclclerk.com': 'https://api.lclclerk.com',
    'x.clerk.accounts.lclclerk.com': 'https://api.lclclerk.com',
    'x.clerk.accountsstage.dev': 'https://api.clerkstage.dev',
    '': 'https://api.clerk.com'
  }
  for (const [host, url] of Object.entries(urls)) t.equal(backendApiUrl(host), url, host)
})
