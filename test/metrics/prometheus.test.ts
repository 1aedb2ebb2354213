import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { channel } from 'node:diagnostics_channel'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { killProgram } from '../fixtures/programs.js'
import { createMeasuredApp } from './scrape.js'

// A real Prometheus scrapes real servers, one of them healthy and one for each kind of trouble, and answers every query of the
// dashboard. The rules run beside it as the package ships them: what has to last a minute is pending by the end.

const folder = 'src/metrics/monitoring'
const { panels } = JSON.parse(readFileSync(join(folder, 'dashboard.json'), 'utf8')) as {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[]
}
/** Longer than four scrapes, as Grafana sees to. */
const WINDOW = '5s'

const isMissing = spawnSync('prometheus', ['--version']).status !== 0
const skip = isMissing ? 'prometheus is not installed: it is in the Debian package prometheus' : false

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [time: number, value: string])[]
}

t.test(
  'every panel shows what has happened, and the rules name the troubled server',
  { skip, timeout: 100_000 },
  async (t) => {
    const servers = await startServers()
    const { url } = await startPrometheus(
      Object.fromEntries(Object.entries(servers).map(([name, { address }]) => [name, address]))
    )
    const startedAt = Date.now() / 1000
    const range = async (query: string): Promise<readonly Sample[]> => {
      const search = new URLSearchParams({
        query,
        start: String(startedAt),
        end: String(Date.now() / 1000),
        step: '0.5'
      })
      const { status, data } = (await (await fetch(`${url}/api/v1/query_range?${search}`)).json()) as {
        readonly status: string
        readonly data: { readonly result: readonly Sample[] }
      }
      t.equal(status, 'success', query)
      return data.result
    }
    const until = async (query: string, isEnough: (samples: readonly Sample[]) => boolean) => {
      while (!isEnough(await range(query))) await wait(250)
    }

    await until('up == 1', (samples) => samples.length === Object.keys(servers).length)
    for (const { trouble } of Object.values(servers)) await trouble()
    const troubledAt = Date.now() / 1000
    await until('clerk_auth_ready', (samples) =>
      samples.some(({ values }) => Number(values.at(-1)?.[0]) > troubledAt + 6)
    )

    for (const { title, targets = [] } of panels) {
      for (const [index, { expr }] of targets.entries()) {
        const query = expr.replaceAll('$__rate_interval', WINDOW).replaceAll(/\$(job|instance)\b/g, '.*')
        const samples = await range(query)
        const values = samples.flatMap((sample) => sample.values.map(([, value]) => Number(value)))
        t.ok(values.some(Number.isFinite), `${title}: ${query}`)
        const name = `${title} ${index}`
        if (!QUIET.has(name))
          t.ok(
            values.some((value) => value !== 0 && Number.isFinite(value)),
            `${name} moves`
          )
      }
    }

    const raised = (await range('ALERTS')).map(({ metric }) => `${metric.server} ${metric.alertname}`)
    t.strictSame(
      [...new Set(raised)].sort(),
      Object.entries(servers)
        .flatMap(([name, { alerts }]) => alerts.map((alert) => `${name} ${alert}`))
        .sort()
    )
  }
)

/** Zero is what is to be seen, or nothing of it happens here. */
const QUIET = new Set([
  'Ready 0',
  'Pages of other origins 0',
  'Keys in use, and withdrawn 1',
  'Signatures checked 1',
  'Signatures checked 2',
  'Cache 1',
  'Records of the audit log 1'
])

interface Server {
  readonly address: string
  readonly alerts: readonly string[]
  trouble(): Promise<unknown>
}

async function startServers(): Promise<Readonly<Record<string, Server>>> {
  const listen = async ({ fastify }: { readonly fastify: Awaited<ReturnType<typeof createMeasuredApp>>['fastify'] }) =>
    new URL(await fastify.listen({ port: 0, host: '127.0.0.1' })).host

  const healthy = await createMeasuredApp(t)
  const away = await createMeasuredApp(t, { plugin: { jwks: { warmUp: false } } })
  let isConnected = true
  const bus = {
    open: async () => {},
    publish: async () => isConnected,
    health: () => ({ kind: 'test', connected: isConnected, disconnectedSinceMs: isConnected ? null : Date.now() }),
    close: async () => {}
  }
  const bussed = await createMeasuredApp(t, { plugin: { revocation: { bus } } })
  const flooded = await createMeasuredApp(t, { plugin: { revocation: { maxEntries: 1_000 } } })
  const hanging = {
    name: 'hanging',
    open: async () => {},
    write: () => new Promise<void>(() => {}),
    close: async () => {}
  }
  const stuck = await createMeasuredApp(t, {}, { sink: hanging, maxQueued: 1, maxWaitInMs: 2_000 })
  const refusing = {
    name: 'refusing',
    open: async () => {},
    close: async () => {},
    async write() {
      throw Object.assign(new Error('refused'), { retryable: false })
    }
  }
  const losing = await createMeasuredApp(t, { plugin: { now: () => Date.now() - 10_000 } }, { sink: refusing })

  return {
    healthy: {
      address: await listen(healthy),
      alerts: [],
      async trouble() {
        const { clerk, fastify } = healthy
        for (let i = 0; i < 5; i++) {
          const headers = clerk.bearer({ sessionId: 'sess_ended', claims: { jti: String(i) } })
          await fastify.inject({ method: 'POST', url: '/', headers })
          await fastify.inject({ method: 'POST', url: '/', headers })
        }
        await fastify.inject({ url: '/', headers: clerk.bearer({ expiresInSeconds: -60 }) })
        await fastify.clerk.revoke({ sessionId: 'sess_ended' })
        await fastify.inject({ url: '/', headers: clerk.bearer({ sessionId: 'sess_ended' }) })
      }
    },
    away: {
      address: await listen(away),
      alerts: ['ClerkAuthKeysStale', 'ClerkAuthNotReady', 'ClerkAuthUnavailable'],
      async trouble() {
        away.clerk.faults.next({ kind: 'reset', on: 'jwks', times: Number.POSITIVE_INFINITY })
        await away.fastify.inject({ url: '/', headers: away.clerk.bearer() })
      }
    },
    bussed: {
      address: await listen(bussed),
      alerts: ['ClerkAuthBusAway'],
      async trouble() {
        isConnected = false
        // As the buses of the package say it.
        channel('fastify-clerk-auth:revocation-bus').publish(ABSENCE)
      }
    },
    flooded: {
      address: await listen(flooded),
      alerts: ['ClerkAuthForgedFlood', 'ClerkAuthRevocationsFolded'],
      async trouble() {
        const { clerk, fastify } = flooded
        const stranger = clerk.signSessionToken({})
        for (let i = 0; i < 400; i++) {
          const token = clerk.signSessionToken({ userId: `user_${i}` })
          const signature = token.lastIndexOf('.') + 1
          const forged = `${token.slice(0, signature)}${token[signature] === 'A' ? 'B' : 'A'}${token.slice(signature + 1)}`
          await fastify.inject({ url: '/', headers: clerk.bearer(forged) })
        }
        const header = Buffer.from('{"alg":"RS256","typ":"JWT","kid":"ins_unknown"}').toString('base64url')
        await fastify.inject({ url: '/', headers: clerk.bearer(`${header}${stranger.slice(stranger.indexOf('.'))}`) })
        for (let i = 0; i < 1_001; i++) await fastify.clerk.revoke({ sessionId: `sess_${i}` })
      }
    },
    stuck: {
      address: await listen(stuck),
      alerts: ['ClerkAuthAuditQueueFull'],
      trouble: () =>
        Promise.all(
          Array.from({ length: 8 }, () =>
            stuck.fastify.inject({ method: 'POST', url: '/', headers: stuck.clerk.bearer() })
          )
        )
    },
    losing: {
      address: await listen(losing),
      alerts: ['ClerkAuthAuditRecordsLost', 'ClerkAuthClockOff'],
      trouble: () => losing.fastify.inject({ method: 'POST', url: '/', headers: losing.clerk.bearer() })
    }
  }
}

const ABSENCE = { instance: 'clerk.example.com', kind: 'test', connected: false, cause: 'refused' }

async function startPrometheus(targets: Readonly<Record<string, string>>): Promise<{ readonly url: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'prometheus-'))
  const config = {
    global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' },
    rule_files: [resolve(folder, 'alerts.yaml')],
    scrape_configs: [
      {
        job_name: 'application',
        static_configs: Object.entries(targets).map(([server, target]) => ({ targets: [target], labels: { server } }))
      }
    ]
  }
  // JSON is YAML.
  writeFileSync(join(directory, 'prometheus.yml'), JSON.stringify(config))
  const prometheus = spawn(
    'prometheus',
    ['--config.file=prometheus.yml', '--storage.tsdb.path=data', '--web.listen-address=127.0.0.1:0'],
    { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] }
  )
  t.teardown(async () => {
    await killProgram(prometheus, 'SIGTERM')
    rmSync(directory, { recursive: true, force: true })
  })
  return { url: await addressOf(prometheus) }
}

/** Where it listens, once it serves. */
async function addressOf(prometheus: ChildProcess): Promise<string> {
  if (prometheus.stderr === null) throw new Error('no log')
  let url = ''
  const lines: string[] = []
  const log = createInterface({ input: prometheus.stderr })
  for await (const line of log) {
    lines.push(line)
    const [, address] = /msg="Listening on" address=(\S+)/.exec(line) ?? []
    if (address !== undefined) url = `http://${address}`
    if (url !== '' && line.includes('Server is ready')) {
      prometheus.stderr.resume()
      return url
    }
  }
  throw new Error(`prometheus has ended:\n${lines.join('\n')}`)
}
