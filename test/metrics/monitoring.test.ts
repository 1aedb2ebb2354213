import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { createManualClock } from '../fixtures/manual-clock.js'
import { createMeasuredApp, type Scrape } from './scrape.js'

// The dashboard and the alert rules that the package ships are held against what the plugin really exports.

const folder = 'src/metrics/monitoring'
const rulesFile = resolve(folder, 'alerts.yaml')
const rules = readFileSync(rulesFile, 'utf8')
const dashboard = JSON.parse(readFileSync(join(folder, 'dashboard.json'), 'utf8')) as {
  readonly panels: readonly {
    readonly title: string
    readonly type: string
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
    readonly targets?: readonly { readonly expr: string }[]
  }[]
}
const shown = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
const alerts = [...rules.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name = '']) => name)

/** Prometheus keeps a histogram as three series. */
function withoutSuffix(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, '')
}

t.test('every metric that the dashboard and the rules name is exported, and every one exported is shown', async (t) => {
  const { text } = await createMeasuredApp(t)
  const exported = [...(await text()).matchAll(/^# TYPE (\S+) /gm)].map(([, name = '']) => name)
  const named = (texts: string) =>
    new Set([...texts.matchAll(/\bclerk_auth_[a-z_]+/g)].map(([name]) => withoutSuffix(name)))
  const ofRules = named(rules)
  const ofDashboard = named(shown.join('\n'))
  t.ok(ofRules.size > 8 && ofDashboard.size > 25)
  for (const name of [...ofRules, ...ofDashboard].filter((name) => !name.endsWith('_'))) {
    t.ok(exported.includes(name), `${name} is exported`)
  }
  for (const name of exported) t.ok(ofDashboard.has(name), `${name} is shown`)
})

t.test('every label that they name is one of the series', async (t) => {
  const { fastify, clerk, text, scrape } = await createMeasuredApp(t, { plugin: { jwks: { warmUp: false } } })
  clerk.faults.next({ kind: 'reset', on: 'jwks', times: Number.POSITIVE_INFINITY })
  await fastify.inject({ url: '/', headers: clerk.bearer() })
  await fastify.inject('/')
  const series = [...(await scrape()).keys()]
  const help = await text()
  for (const expr of [...shown, ...rules.split('\n').filter((line) => line.includes('clerk_auth_'))]) {
    for (const [, name = '', selector = ''] of expr.matchAll(/(clerk_auth_[a-z_]+)\{([^}]*)\}/g)) {
      for (const [, label, value] of selector.matchAll(/(\w+)="([^"]*)"/g)) {
        const isThere = series.some((one) => one.startsWith(`${name}{`) && one.includes(`${label}="${value}"`))
        t.ok(isThere, `${name} has ${label}="${value}"`)
      }
    }
    for (const [, labels = ''] of expr.matchAll(/ by \(([^)]*)\)/g)) {
      const [, name = ''] = /(clerk_auth_[a-z_]+)/.exec(expr) ?? []
      // Has values only once the bus was away.
      if (name === 'clerk_auth_revocation_bus_absences_total') continue
      for (const label of labels.split(', ').filter((label) => label !== 'instance')) {
        t.ok(
          series.some((one) => one.startsWith(`${name}{`) && one.includes(`${label}="`)),
          `${name} has ${label}`
        )
      }
      t.ok(help.includes(withoutSuffix(name)))
    }
  }
})

t.test('the panels lie side by side, each with a title and a query', async (t) => {
  const taken = new Set<string>()
  const overlaps: string[] = []
  for (const { title, type, gridPos, targets = [] } of dashboard.panels) {
    t.ok(title !== '' && (type === 'row' || targets.length > 0), title)
    t.ok(gridPos.x + gridPos.w <= 24)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        if (taken.has(`${x} ${y}`)) overlaps.push(title)
        taken.add(`${x} ${y}`)
      }
    }
  }
  t.same(overlaps, [])
})

const promtool = spawnSync('promtool', ['--version'], { encoding: 'utf8' })
const skip = promtool.status === 0 ? false : 'promtool is not installed: it is in the Debian package prometheus'

function check(t: Test, args: readonly string[], files: Readonly<Record<string, unknown>>): void {
  const temporary = mkdtempSync(join(tmpdir(), 'rules-'))
  t.teardown(() => rmSync(temporary, { recursive: true, force: true }))
  // JSON is YAML.
  for (const [name, content] of Object.entries(files)) writeFileSync(join(temporary, name), JSON.stringify(content))
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: temporary, encoding: 'utf8' })
  t.equal(status, 0, `promtool ${args.join(' ')}\n${stdout}${stderr}`)
}

t.test('promtool reads the rules, and the queries of the dashboard', { skip }, async (t) => {
  check(t, ['check', 'rules', rulesFile], {})
  const expressions = shown.map((expr, index) => ({
    record: `panel:${index}`,
    expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(job|instance)\b/g, '.*')
  }))
  check(t, ['check', 'rules', 'panels.yaml'], { 'panels.yaml': { groups: [{ name: 'panels', rules: expressions }] } })
})

interface Incident {
  /** The alerts that are to fire, and no other. */
  readonly fires: readonly string[]
  readonly before: Scrape
  readonly after: Scrape
}

/** Has Prometheus evaluate the rules over real scrapes: one before an incident, and from the next minute on those after it. */
function evaluate(t: Test, name: string, { fires, before, after }: Incident): void {
  const valueIn = (scrape: Scrape, series: string) => String(scrape.get(series) ?? '_')
  const inputs = [...new Set([...before.keys(), ...after.keys()])].map((series) => ({
    series: series.includes('{') ? series.replace('{', '{instance="api:1",') : `${series}{instance="api:1"}`,
    values: `${valueIn(before, series)} ${`${valueIn(after, series)} `.repeat(12).trim()}`
  }))
  // Counters have jumped in the last five minutes; what has to last five minutes has done so after eight.
  const firing = (minutes: number, alertnames: readonly string[]) => ({
    expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
    eval_time: `${minutes}m`,
    exp_samples: alertnames.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 }))
  })
  const lasting = fires.includes('ClerkAuthClockOff')
  check(t, ['test', 'rules', 'tests.yaml'], {
    'tests.yaml': {
      rule_files: [rulesFile],
      evaluation_interval: '1m',
      tests: [{ name, interval: '1m', input_series: inputs, promql_expr_test: [firing(lasting ? 8 : 5, fires)] }]
    }
  })
}

const unseen = new Set(alerts)

function incident(name: string, fires: readonly string[], run: (t: Test) => Promise<Omit<Incident, 'fires'>>): void {
  for (const alert of fires) unseen.delete(alert)
  t.test(name, { skip }, async (t) => evaluate(t, name, { fires, ...(await run(t)) }))
}

incident('traffic as usual raises no alarm', [], async (t) => {
  const { clerk, fastify, scrape } = await createMeasuredApp(t)
  const before = await scrape()
  const headers = clerk.bearer()
  for (let i = 0; i < 50; i++) await fastify.inject({ method: 'POST', url: '/', headers })
  for (let i = 0; i < 20; i++) await fastify.inject({ url: '/', headers: clerk.bearer({ expiresInSeconds: -60 }) })
  await fastify.inject({ url: '/', headers: { authorization: 'Bearer nonsense' } })
  await fastify.clerk.revoke({ userId: 'user_1' })
  await fastify.inject({ url: '/', headers })
  return { before, after: await scrape() }
})

incident('keys that cannot be had', ['ClerkAuthNotReady', 'ClerkAuthUnavailable', 'ClerkAuthKeysStale'], async (t) => {
  const { clerk, fastify, scrape } = await createMeasuredApp(t, { plugin: { jwks: { warmUp: false } } })
  const before = await scrape()
  clerk.faults.next({ kind: 'reset', on: 'jwks', times: Number.POSITIVE_INFINITY })
  await fastify.inject({ url: '/', headers: clerk.bearer() })
  return { before, after: await scrape() }
})

incident('keys that could be had two hours ago', ['ClerkAuthKeysStale', 'ClerkAuthKeysRunOut'], async (t) => {
  const clock = createManualClock(Date.now())
  const { clerk, fastify, scrape } = await createMeasuredApp(t, {
    local: { now: clock.now, frontendApi: 'clerk.example.com', instanceType: 'production' },
    plugin: { now: clock.now }
  })
  await fastify.inject({ url: '/', headers: clerk.bearer() })
  const before = await scrape()
  clerk.faults.next({ kind: 'reset', on: 'jwks', times: Number.POSITIVE_INFINITY })
  clock.jump(2.5 * 3_600_000)
  // The first token brings the background refresh about, and is judged by the known keys.
  await fastify.inject({ url: '/', headers: clerk.bearer() })
  for (let turns = 0; turns < 50 && fastify.clerk.health().keys.consecutiveFailures === 0; turns++) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { before, after: await scrape() }
})

incident('a bus that is away', ['ClerkAuthBusAway'], async (t) => {
  let isConnected = true
  const bus = {
    open: async () => {},
    publish: async () => isConnected,
    health: () => ({ kind: 'test', connected: isConnected, disconnectedSinceMs: isConnected ? null : Date.now() }),
    close: async () => {}
  }
  const { scrape } = await createMeasuredApp(t, { plugin: { revocation: { bus } } })
  const before = await scrape()
  isConnected = false
  return { before, after: await scrape() }
})

incident('a flood of forged tokens', ['ClerkAuthForgedFlood'], async (t) => {
  const { clerk, fastify, scrape } = await createMeasuredApp(t)
  const before = await scrape()
  for (let i = 0; i < 400; i++) {
    const token = clerk.signSessionToken({ userId: `user_${i}` })
    const signature = token.lastIndexOf('.') + 1
    const forged = `${token.slice(0, signature)}${token[signature] === 'A' ? 'B' : 'A'}${token.slice(signature + 1)}`
    await fastify.inject({ url: '/', headers: clerk.bearer(forged) })
  }
  return { before, after: await scrape() }
})

incident('more revocations than there is room for', ['ClerkAuthRevocationsFolded'], async (t) => {
  const { fastify, scrape } = await createMeasuredApp(t, { plugin: { revocation: { maxEntries: 1_000 } } })
  const before = await scrape()
  for (let i = 0; i < 1_001; i++) await fastify.clerk.revoke({ sessionId: `sess_${i}` })
  return { before, after: await scrape() }
})

incident('an audit log whose sink hangs', ['ClerkAuthAuditQueueFull'], async (t) => {
  const hanging = {
    name: 'hanging',
    open: async () => {},
    write: () => new Promise<void>(() => {}),
    close: async () => {}
  }
  const { clerk, fastify, scrape } = await createMeasuredApp(t, {}, { sink: hanging, maxQueued: 1, maxWaitInMs: 1 })
  const before = await scrape()
  const post = () => fastify.inject({ method: 'POST', url: '/', headers: clerk.bearer() })
  const statuses = (await Promise.all(Array.from({ length: 8 }, post))).map(({ statusCode }) => statusCode)
  t.ok(statuses.includes(503), 'requests were turned away')
  return { before, after: await scrape() }
})

incident('an audit log whose sink refuses records', ['ClerkAuthAuditRecordsLost'], async (t) => {
  const sink = {
    name: 'refusing',
    open: async () => {},
    close: async () => {},
    async write() {
      throw Object.assign(new Error('refused'), { retryable: false })
    }
  }
  const { clerk, fastify, scrape } = await createMeasuredApp(t, {}, { sink })
  const before = await scrape()
  await fastify.inject({ method: 'POST', url: '/', headers: clerk.bearer() })
  for (let turns = 0; turns < 500 && (await scrape()).get('clerk_auth_audit_lost_total') === 0; turns++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { before, after: await scrape() }
})

incident('a clock that is behind', ['ClerkAuthClockOff'], async (t) => {
  const { clerk, fastify, scrape } = await createMeasuredApp(t, { plugin: { now: () => Date.now() - 10_000 } })
  const before = await scrape()
  await fastify.inject({ url: '/', headers: clerk.bearer() })
  return { before, after: await scrape() }
})

t.test('every alert has an incident here that raises it', { skip }, async (t) => {
  t.equal(alerts.length, 10)
  t.same([...unseen], [])
})
