import t from 'tap'
import { isToCome } from '../../../src/core/later.js'
import type { Carried } from '../../../src/core/request/carried.js'
import { createCarriedCookies } from '../../../src/core/request/cookies.js'
import type { StateMachine } from '../../../src/core/state/state-machine.js'
import { createScene, type FakeToken, machineOf, NOW, type SettingsInput } from '../../fixtures/state-scene.js'

// Every combination of what the decision looks at, against the decision table (state/README.md section 4.3) written
// once more, as data.

const SESSIONS: Record<string, FakeToken> = {
  good: {},
  known: { known: true },
  machine: { claims: { sub: 'mch_1' } },
  template: { header: { cat: 'cl_B7d4PD222AAA' } },
  expired: { outcome: 'token-expired' },
  early: { outcome: 'token-not-active-yet' },
  future: { outcome: 'token-iat-in-the-future' },
  forged: { outcome: 'token-invalid-signature' }
}

const INPUTS = {
  isDevelopment: [false, true],
  isSatellite: [false, true],
  autoSync: [false, true],
  method: ['GET', 'POST'],
  dest: ['document', 'iframe', 'empty'],
  synced: ['', 'true', 'false'],
  redirectUrl: [false, true],
  queryDevBrowser: ['absent', 'empty', 'present'],
  devBrowser: [false, true],
  session: ['', 'garbage', ...Object.keys(SESSIONS)],
  clientUat: ['none', 'before', 'after'],
  foreignReferer: [false, true],
  otherOrganization: [false, true],
  redirectCount: [0, 3]
} as const

type Combination = { -readonly [Name in keyof typeof INPUTS]: (typeof INPUTS)[Name][number] }

interface Row {
  readonly number: number
  readonly when: (c: Combination) => boolean
  /** `try` before the reason: TryHandshake, else signed out. */
  readonly answer: string
}

const has = (c: Combination) => c.session !== '' || c.clientUat !== 'none'
const syncs = (c: Combination) => c.isSatellite && c.dest === 'document' && c.method === 'GET' && c.synced !== 'true'
const hasDevBrowser = (c: Combination) => c.devBrowser || c.queryDevBrowser === 'present'

const TABLE: readonly Row[] = [
  {
    number: 2,
    when: (c) => syncs(c) && !c.autoSync && !has(c) && c.synced !== 'false',
    answer: 'session-token-and-uat-missing'
  },
  {
    number: 3,
    when: (c) => !c.isDevelopment && syncs(c) && (!has(c) || c.synced === 'false'),
    answer: 'try satellite-needs-syncing'
  },
  {
    number: 4,
    when: (c) => c.isDevelopment && syncs(c) && (!has(c) || c.synced === 'false'),
    answer: 'try satellite-needs-syncing'
  },
  {
    number: 5,
    when: (c) => c.isDevelopment && !c.isSatellite && c.redirectUrl,
    answer: 'try primary-responds-to-syncing'
  },
  { number: 6, when: (c) => c.isDevelopment && c.queryDevBrowser !== 'absent', answer: 'try dev-browser-sync' },
  { number: 7, when: (c) => c.isDevelopment && !hasDevBrowser(c), answer: 'try dev-browser-missing' },
  { number: 8, when: (c) => !has(c), answer: 'session-token-and-uat-missing' },
  { number: 9, when: (c) => c.clientUat === 'none', answer: 'try session-token-but-no-client-uat' },
  { number: 10, when: (c) => c.session === '', answer: 'try client-uat-but-no-session-token' },
  { number: 11, when: (c) => c.session === 'garbage', answer: 'token-invalid' },
  { number: 12, when: (c) => c.session === 'machine' || c.session === 'template', answer: 'token-type-mismatch' },
  { number: 13, when: (c) => c.clientUat === 'after', answer: 'try session-token-iat-before-client-uat' },
  {
    number: 14.1,
    when: (c) => c.session === 'expired' && c.method !== 'GET',
    answer: 'try session-token-expired-refresh-non-eligible-non-get'
  },
  {
    number: 14.2,
    when: (c) => c.session === 'expired',
    answer: 'try session-token-expired-refresh-non-eligible-no-refresh-cookie'
  },
  { number: 14.3, when: (c) => c.session === 'early', answer: 'try session-token-nbf' },
  { number: 14.4, when: (c) => c.session === 'future', answer: 'try session-token-iat-in-the-future' },
  { number: 14.5, when: (c) => c.session === 'forged', answer: 'token-invalid-signature' },
  {
    number: 15,
    when: (c) =>
      c.foreignReferer && !c.isSatellite && c.method === 'GET' && c.dest === 'document' && c.redirectCount === 0,
    answer: 'try primary-domain-cross-origin-sync'
  },
  {
    number: 16,
    when: (c) => c.otherOrganization && c.method === 'GET' && c.dest !== 'empty' && c.redirectCount < 3,
    answer: 'try active-organization-mismatch'
  },
  { number: 17, when: () => true, answer: 'signed-in' }
]

function expected(c: Combination, handshake: boolean): { row: number; outcome: string } {
  const rows = handshake ? TABLE : TABLE.filter(({ number }) => number !== 15 && number !== 16)
  const { number, answer } = rows.find(({ when }) => when(c)) as Row
  const [first, reason] = answer.split(' ')
  if (first !== 'try') return { row: number, outcome: first === 'signed-in' ? 'signed-in null' : `signed-out ${first}` }
  const isEligible = c.method === 'GET' && c.dest !== 'empty'
  const status = handshake && isEligible && c.redirectCount !== 3 ? 'handshake' : 'signed-out'
  return { row: number, outcome: `${status} ${reason}` }
}

/** The possible states of a row that tries a handshake. In three rows only one of the two is left. */
function statusesOf(row: number): string[] {
  if (row === 14.1) return ['signed-out']
  return row === 15 || row === 16 ? ['handshake'] : ['handshake', 'signed-out']
}

function* combinations(): Generator<Combination> {
  const names = Object.keys(INPUTS) as (keyof typeof INPUTS)[]
  const c = {} as Record<string, unknown>
  function* fill(index: number): Generator<Combination> {
    const name = names[index]
    if (name === undefined) {
      yield c as Combination
      return
    }
    for (const value of INPUTS[name]) {
      if (isPointless(c, name, value)) continue
      c[name] = value
      yield* fill(index + 1)
    }
  }
  yield* fill(0)
}

/** Whether a value cannot matter in this combination. Leaving it out keeps the number of combinations small. */
function isPointless(c: Record<string, unknown>, name: string, value: unknown): boolean {
  if (name === 'autoSync') return value === true && c.isSatellite === false
  if (name === 'devBrowser') return value === true && c.isDevelopment === false
  if (name === 'queryDevBrowser') return value === 'empty' && c.isDevelopment === false
  return name === 'otherOrganization' && value === true && c.isSatellite === true && c.isDevelopment === true
}

const urls = new Map<string, URL>()

function urlOf(c: Combination): URL {
  const query = new URLSearchParams()
  if (c.synced !== '') query.set('__clerk_synced', c.synced)
  if (c.redirectUrl) query.set('__clerk_redirect_url', 'https://satellite.test/')
  if (c.queryDevBrowser !== 'absent') query.set('__clerk_db_jwt', c.queryDevBrowser === 'empty' ? '' : 'dvb')
  const text = `https://app.example.com/${c.otherOrganization ? 'orgs/org_other' : ''}?${query}`
  const url = urls.get(text) ?? new URL(text)
  urls.set(text, url)
  return url
}

function carriedBy(c: Combination): Carried {
  const url = urlOf(c)
  const cookies = createCarriedCookies()
  cookies.session = c.session
  cookies.clientUat = c.clientUat === 'none' ? '' : c.clientUat === 'before' ? `${NOW - 10}` : `${NOW - 9}`
  cookies.devBrowser = c.devBrowser ? 'dvb' : ''
  cookies.redirectCount = c.redirectCount === 0 ? '' : `${c.redirectCount}`
  return {
    method: c.method,
    url,
    target: url.pathname + url.search,
    headerToken: '',
    cookies,
    secFetchDest: c.dest,
    accept: '',
    referer: c.foreignReferer ? 'https://other.test/page' : '',
    headers: {}
  }
}

function machineFor(c: Combination, handshake: boolean) {
  const settings: SettingsInput = {
    instanceType: c.isDevelopment ? 'development' : 'production',
    isSatellite: c.isSatellite,
    satelliteAutoSync: c.autoSync,
    handshake,
    organizationSyncOptions: { organizationPatterns: ['/orgs/:id'], personalAccountPatterns: [] }
  }
  return machineOf(settings, SESSIONS)
}

for (const handshake of [true, false]) {
  t.test(`every combination is decided as the table says, handshake ${handshake}`, async (t) => {
    const machines = new Map<string, StateMachine>()
    const rows = new Map<number, Set<string>>()
    let count = 0
    for (const c of combinations()) {
      if (!handshake && (c.synced === 'true' || c.dest === 'iframe' || c.autoSync)) continue
      const name = `${c.isDevelopment} ${c.isSatellite} ${c.autoSync}`
      const machine = machines.get(name) ?? machineFor(c, handshake)
      machines.set(name, machine)
      const state = machine(carriedBy(c), 'session_token')
      count++
      if (isToCome(state)) throw new Error('nothing here has to wait')
      const { row, outcome } = expected(c, handshake)
      const actual = `${state.status} ${state.reason}`
      if (actual !== outcome) {
        t.equal(actual, outcome, `row ${row}`, { c: { ...c } })
        return
      }
      rows.set(row, (rows.get(row) ?? new Set()).add(state.status))
    }
    const unreachable = handshake ? [] : [15, 16]
    t.same(
      [...rows.keys()].sort((a, b) => a - b),
      TABLE.map(({ number }) => number).filter((number) => !unreachable.includes(number)),
      'every row is reached'
    )
    if (handshake) {
      for (const { number, answer } of TABLE) {
        if (answer.startsWith('try ')) t.same([...(rows.get(number) ?? [])].sort(), statusesOf(number), `row ${number}`)
      }
    }
    t.comment(`${count} combinations`)
  })
}

t.test('a scene of the fixture decides like the machine', async (t) => {
  const state = await createScene({}, SESSIONS).decide({ cookies: { session: 'good', clientUat: `${NOW - 10}` } })
  t.equal(state.status, 'signed-in')
})
