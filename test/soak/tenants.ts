import { createLocalClerk, type LocalClerk, type LocalPluginOptions } from '../../src/local/index.js'
import type { Answers } from './answers.js'
import { createClients } from './clients.js'
import { forge } from './load.js'
import { GUEST_SUFFIX } from './protocol.js'
import { createUsers, type Session, sendAs, type Users } from './users.js'
import { type Load, startWorkers } from './workers.js'

/** Tenants with users, far fewer than the bound, and hosts of others, far more. */
const TENANTS = 4
const USERS = 25
const GUESTS = 300
const USER_WORKERS = 2
/** Users of the last tenant that has any come so rarely that guests fill all other places in between. */
const QUIET_MS = 8000
const STRANGER_WORKERS = 2

interface Tenant {
  readonly host: string
  readonly clerk: LocalClerk
  readonly users: Users
}

export interface Tenants {
  readonly options: Readonly<Record<string, LocalPluginOptions>>
  readonly guests: LocalPluginOptions
  start(port: number, answers: Answers): TenantLoad
  close(): Promise<unknown>
}

export interface TenantLoad extends Load {
  revokeNext(): Promise<void>
}

/**
 * More tenants than there are places. Users of a few stay signed in, and those whose session was revoked stay out, while
 * strangers ask for the hosts of others. The last tenant has no users: strangers spend its budgets each time it is back.
 */
export async function createTenants(): Promise<Tenants> {
  const tenants: Tenant[] = []
  for (let i = 0; i <= TENANTS; i++) {
    const clerk = await createLocalClerk({ frontendApi: `clerk.tenant${i}.test`, instanceType: 'production' })
    await clerk.listen()
    tenants.push({ host: `tenant${i}.test`, clerk, users: createUsers(clerk, `t${i}`, USERS) })
  }
  const guests = await createLocalClerk({ frontendApi: 'clerk.guests.test', instanceType: 'production' })
  await guests.listen()
  const settled = tenants.slice(0, TENANTS)
  const empty = tenants[TENANTS] as Tenant

  function start(port: number, answers: Answers): TenantLoad {
    const clients = createClients(port, USER_WORKERS + STRANGER_WORKERS + 1)
    const { get, post } = clients

    let quietUntilMs = 0
    async function sendUsers(n: number): Promise<void> {
      if (performance.now() >= quietUntilMs) {
        quietUntilMs = performance.now() + QUIET_MS
        for (let user = 0; user < USERS; user++) await sendUser(TENANTS - 1, user)
      }
      await sendUser(n % (TENANTS - 1), Math.floor(n / TENANTS))
    }

    async function sendUser(tenant: number, user: number): Promise<void> {
      const { host, users } = settled[tenant] as Tenant
      const send = (token: string) => get('/me', { host, authorization: `Bearer ${token}` })
      await sendAs(
        users.session(user),
        answers,
        tenant === TENANTS - 1 ? 'user of a quiet tenant' : 'user of a tenant',
        send
      )
    }

    async function sendStranger(n: number): Promise<void> {
      const guest = `guest${n % GUESTS}${GUEST_SUFFIX}`
      const own = settled[n % (TENANTS - 1)] as Tenant
      const send = async (host: string, headers: Record<string, string>, allowed = [401, 503]) =>
        answers.expect('stranger at a tenant', (await get('/me', { host, ...headers })).status, allowed)
      switch (n % 8) {
        case 0:
          return send(guest, { authorization: `Bearer ${forge(guests, n)}` })
        case 1:
          // A good token, of another tenant.
          return send(guest, { authorization: `Bearer ${own.users.session(n).token}` })
        case 2:
          return send(own.host, { authorization: `Bearer ${forge(own.clerk, n)}` })
        case 3:
          return send(own.host, { authorization: `Bearer ${empty.users.session(n).token}` })
        case 4:
          return send(empty.host, { authorization: `Bearer ${forge(empty.clerk, n)}` })
        case 5:
          return send(empty.host, { cookie: `__clerk_handshake_nonce=made-up-${n}` })
        case 6:
          return n % 80 === 6 ? send(`host${n}.evil.test`, {}, [500]) : send(guest, {}, [401])
        default:
          return send(guest, { cookie: '__session=x; __client_uat=1' })
      }
    }

    async function revoke({ host }: Tenant, { id }: Session): Promise<void> {
      const answer = await post(`/revoke/${id}`, { host })
      if (answer.status !== 200) answers.fail(`revocation at a tenant: ${answer.status}`)
    }

    const loads = [startWorkers(USER_WORKERS, sendUsers), startWorkers(STRANGER_WORKERS, sendStranger)]
    let revocations = 0
    return {
      async revokeNext() {
        const tenant = settled[revocations++ % TENANTS] as Tenant
        await tenant.users.revokeNext((session) => revoke(tenant, session))
      },
      async stop() {
        await Promise.all(loads.map((load) => load.stop()))
        clients.close()
      }
    }
  }

  return {
    options: Object.fromEntries(tenants.map(({ host, clerk }) => [host, clerk.pluginOptions()])),
    guests: guests.pluginOptions(),
    start,
    close: () => Promise.all([guests.close(), ...tenants.map(({ clerk }) => clerk.close())])
  }
}
