import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import type { RevocationTarget } from '../../src/core/revocation/revocation.js'
import { createLocalClerk } from '../../src/local/index.js'
import { root } from '../docs/manual.js'
import { killProgram } from '../fixtures/programs.js'
import { createRedisServer, redisProgram } from '../fixtures/redis-server.js'

// A fleet while it is deployed: processes of the version before the wire format had versions, from the tarball of its
// commit, beside processes of this build.

/** The last commit whose processes know sessions, users and memberships only. */
const OLD_COMMIT = '19c58013cb85'
const hasHistory = git('cat-file', '-e', `${OLD_COMMIT}^{commit}`).status === 0
const skip = hasHistory ? false : `the history lacks ${OLD_COMMIT}: clone it whole`
const skipRedis = redisProgram === null ? 'no redis-server or valkey-server is installed' : false
/** The old version is built first. */
const timeout = 110_000
t.setTimeout(timeout)
const folder = mkdtempSync(join(tmpdir(), 'versions-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

function git(...args: string[]) {
  return spawnSync('git', ['-C', root, ...args], { maxBuffer: 64 * 1024 * 1024 })
}

function run(cwd: string, command: string, args: string[], input?: Buffer): void {
  const { status, stderr } = spawnSync(command, args, { cwd, ...(input === undefined ? {} : { input }) })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}

/** Packs the tree of the old commit, which builds it, and unpacks the tarball. */
function unpackOld(): string {
  const source = join(folder, 'old-source')
  mkdirSync(source)
  run(source, 'tar', ['-x'], git('archive', OLD_COMMIT).stdout)
  symlinkSync(join(root, 'node_modules'), join(source, 'node_modules'))
  run(source, 'npm', ['pack', '--pack-destination', folder])
  run(folder, 'tar', ['-xzf', 'fastify-clerk-auth-0.1.0.tgz'])
  symlinkSync(join(root, 'node_modules'), join(folder, 'package/node_modules'))
  return join(folder, 'package')
}

/** The script of a process, in a folder where its imports find this version of the package. */
function scriptFor(version: string, packageFolder: string): string {
  const home = join(folder, version)
  mkdirSync(join(home, 'node_modules'), { recursive: true })
  writeFileSync(join(home, 'package.json'), JSON.stringify({ type: 'module' }))
  symlinkSync(packageFolder, join(home, 'node_modules/fastify-clerk-auth'))
  for (const name of ['fastify', 'ioredis'])
    symlinkSync(join(root, 'node_modules', name), join(home, 'node_modules', name))
  copyFileSync(join(root, 'test/revocation/versions/process.mjs'), join(home, 'process.mjs'))
  return join(home, 'process.mjs')
}

interface Member {
  readonly isOld: boolean
  revoke(...targets: RevocationTarget[]): Promise<void>
  ask(...tokens: string[]): Promise<number[]>
}

interface Message {
  readonly from?: string
  readonly id?: number
  readonly answer: unknown
}

let calls = 0

/** Waits until a process says that it is ready. */
async function untilReady(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a process ended with ${code} before it was ready`)
  })
  await Promise.race([once(child, 'message'), ended])
  ended.catch(() => {})
}

/** Sends over the channel and waits for the answer to this message. */
async function call(channel: ChildProcess, from: string | undefined, message: object): Promise<unknown> {
  const id = ++calls
  const answered = new Promise<unknown>((resolve) => {
    channel.on('message', function listen(reply: Message) {
      if (reply.from !== from || reply.id !== id) return
      channel.off('message', listen)
      resolve(reply.answer)
    })
  })
  channel.send({ ...message, id })
  return answered
}

function memberOf(channel: ChildProcess, isOld: boolean, to?: string): Member {
  const address = to === undefined ? {} : { to }
  return {
    isOld,
    revoke: async (...targets) => void (await call(channel, to, { ...address, revoke: targets })),
    ask: async (...tokens) => (await call(channel, to, { ...address, tokens })) as number[]
  }
}

t.test('processes of this version and of the one before share a bus', { skip, timeout }, async (t) => {
  const clerk = await createLocalClerk()
  t.teardown(() => clerk.close())
  const keys = {
    CLERK_PUBLISHABLE_KEY: clerk.publishableKey,
    CLERK_SECRET_KEY: clerk.secretKey,
    CLERK_JWT_KEY: clerk.jwtKey
  }
  const scripts = {
    old: scriptFor('old', unpackOld()),
    new: scriptFor('new', root)
  }
  let ids = 0

  function start(t: Test, script: string, args: string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = fork(script, args, { env: { ...process.env, NODE_OPTIONS: '', ...keys, ...env }, execArgv: [] })
    t.teardown(() => killProgram(child, 'SIGTERM'))
    return child
  }

  /** A session token and an OAuth JWT, of a user, organization and client of their own. */
  function newcomer() {
    const n = ids++
    const [userId, organizationId, sessionId, clientId] = [`user_${n}`, `org_${n}`, `sess_${n}`, `client_${n}`]
    const session = clerk.signSessionToken({ userId, sessionId, org: { id: organizationId, role: 'org:member' } })
    const access = clerk.machineTokens.createOAuthToken({ userId, clientId, format: 'jwt' })
    const tokenId = JSON.parse(Buffer.from(String(access.split('.')[1]), 'base64url').toString()).jti as string
    return { userId, organizationId, sessionId, clientId, tokenId, session, access }
  }

  type Newcomer = ReturnType<typeof newcomer>

  /** With what is refused afterwards: by processes of the old version, and of this one. */
  const CASES: Readonly<
    Record<
      string,
      { target: (one: Newcomer) => RevocationTarget; old: ('session' | 'access')[]; now: ('session' | 'access')[] }
    >
  > = {
    session: { target: ({ sessionId }) => ({ sessionId }), old: ['session'], now: ['session'] },
    user: { target: ({ userId }) => ({ userId }), old: ['session'], now: ['session', 'access'] },
    membership: {
      target: ({ organizationId, userId }) => ({ organizationId, userId }),
      old: ['session'],
      now: ['session']
    },
    'sessions of a user': { target: ({ userId }) => ({ userId, only: 'sessions' }), old: [], now: ['session'] },
    organization: { target: ({ organizationId }) => ({ organizationId }), old: [], now: ['session'] },
    token: { target: ({ tokenId }) => ({ tokenId }), old: [], now: ['access'] },
    client: { target: ({ clientId }) => ({ clientId }), old: [], now: ['access'] },
    // Last: it ends all tokens of before.
    everyone: { target: () => ({ everyone: true }), old: ['session'], now: ['session', 'access'] }
  }
  const KNOWN_TO_OLD = ['session', 'user', 'membership']

  async function untilRefused(member: Member, token: string): Promise<void> {
    while ((await member.ask(token))[0] !== 401) await delay(10)
  }

  /** What each member answers to the tokens of somebody whose target was revoked. */
  async function checkRefusals(t: Test, members: readonly Member[], name: string, { session, access }: Newcomer) {
    for (const member of members) {
      const refused = CASES[name]?.[member.isOld ? 'old' : 'now'] ?? []
      const expected = [refused.includes('session') ? 401 : 200, refused.includes('access') ? 401 : 200]
      t.same(await member.ask(session, access), expected, `${name}, ${member.isOld ? 'old' : 'new'} process`)
    }
  }

  /** Each kind of revocation, made by each member that knows it. Beside it, in the same turn, one that all versions know. */
  async function checkAll(t: Test, members: readonly Member[], startLate: () => Promise<readonly Member[]>) {
    const revoked: [name: string, one: Newcomer][] = []
    for (const [name, { target }] of Object.entries(CASES)) {
      for (const maker of members) {
        if (maker.isOld && !KNOWN_TO_OLD.includes(name)) continue
        // Once: whoever signs in within the same second is of everyone.
        if (name === 'everyone' && maker !== members.at(-1)) continue
        const [one, beside] = [newcomer(), newcomer()]
        for (const member of members) t.same(await member.ask(one.session, one.access, beside.session), [200, 200, 200])
        await maker.revoke(target(one), { sessionId: beside.sessionId })
        // The one beside is in the same message or in a later one, so that the other has arrived with it or before it.
        for (const member of members) await untilRefused(member, beside.session)
        await checkRefusals(t, members, name, one)
        revoked.push([name, one])
      }
      if (name === 'client') {
        const late = await startLate()
        for (const [name, one] of revoked) await checkRefusals(t, late, name, one)
      }
    }
  }

  await t.test('Redis', { skip: skipRedis, timeout }, async (t) => {
    const redis = await createRedisServer()
    await redis.start()
    t.teardown(() => redis.kill())
    const env = { CLERK_TEST_REDIS_PORT: String(redis.port) }

    async function startMembers(t: Test): Promise<Member[]> {
      const versions = ['old', 'new'] as const
      const children = versions.map((version) => start(t, scripts[version], [], env))
      await Promise.all(children.map(untilReady))
      return children.map((child, index) => memberOf(child, versions[index] === 'old'))
    }

    const members = [...(await startMembers(t)), ...(await startMembers(t))]
    await checkAll(t, members, () => startMembers(t))

    await t.test('and so does a version that is still to come', { timeout }, async (t) => {
      const client = new Redis({ port: redis.port, host: '127.0.0.1' })
      t.teardown(() => client.disconnect())
      const key = 'fastify-clerk-auth:revocations'
      // `iat` is in whole seconds, and everyone was revoked in the last one.
      await delay(1_100)
      const one = newcomer()
      for (const member of members) t.same(await member.ask(one.session), [200])
      const rows = [
        [3, 'planet', 'earth', Date.now()],
        { version: 4, kind: 'star' },
        [one.sessionId, null, null, Date.now()]
      ]
      await client.zadd(
        key,
        Date.now(),
        '[3,"planet","earth"]',
        Date.now(),
        JSON.stringify([one.sessionId, null, null])
      )
      await client.publish(key, JSON.stringify(rows))
      for (const member of [...members, ...(await startMembers(t))]) await untilRefused(member, one.session)
      t.equal((await client.zscore(key, '[3,"planet","earth"]').then(Number)) > 0, true, 'and nobody removes its rows')
    })
  })

  for (const primary of ['old', 'new'] as const) {
    await t.test(`node:cluster, with a primary of the ${primary} version`, { timeout }, async (t) => {
      const relay = start(t, scripts[primary], ['relay'])
      await untilReady(relay)
      let workers = 0

      async function startMembers(): Promise<Member[]> {
        const versions = ['old', 'new'] as const
        const members: Member[] = []
        for (const version of versions) {
          const to = `worker ${workers++}`
          const isReady = new Promise<void>((resolve) => {
            relay.on('message', ({ from, id }: Message) => from === to && id === undefined && resolve())
          })
          relay.send({ to, start: scripts[version] })
          await isReady
          members.push(memberOf(relay, version === 'old', to))
        }
        return members
      }

      // A primary of the old version passes all rows on, and keeps for later workers those that it knows.
      const startLate = async () => (primary === 'old' ? [] : startMembers())
      await checkAll(t, [...(await startMembers()), ...(await startMembers())], startLate)
    })
  }
})
