import { createId, randomText } from './ids.js'

/** A browser as FAPI knows it: in production by the cookie `__client`, in development by its dev browser token. */
export interface LocalClient {
  readonly id: string
  /** The dev browser token: names this client in cookies and URLs. */
  readonly devBrowser: string
  sessionId: string | null
  /** Last sign-in or sign-out, ms since the epoch; 0: never signed in. */
  updatedAtMs: number
}

/** The browsers of an instance, with the handshake payloads and tickets that they are about to fetch. */
export interface Clients {
  /** By client id or dev browser token. */
  find(token: string | null | undefined): LocalClient | undefined
  create(): LocalClient
  /** Keeps a handshake payload for a minute. Returns its nonce. */
  keepPayload(directives: readonly string[], nowMs: number): string
  payload(nonce: string, nowMs: number): readonly string[] | undefined
  /** Makes a ticket, good once, by which a satellite's FAPI host recognises a client of the primary. */
  issueTicket(client: LocalClient): string
  redeemTicket(ticket: string): LocalClient | undefined
}

const payloadLifetimeMs = 60_000

export function createClients(): Clients {
  const clients = new Map<string, LocalClient>()
  const payloads = new Map<string, { directives: readonly string[]; keptAtMs: number }>()
  const tickets = new Map<string, LocalClient>()

  return {
    find: (token) => (token ? clients.get(token) : undefined),
    create() {
      const client: LocalClient = {
        id: createId('client'),
        devBrowser: `dvb_${randomText(27)}`,
        sessionId: null,
        updatedAtMs: 0
      }
      clients.set(client.id, client).set(client.devBrowser, client)
      return client
    },
    keepPayload(directives, nowMs) {
      for (const [nonce, { keptAtMs }] of payloads) if (nowMs - keptAtMs > payloadLifetimeMs) payloads.delete(nonce)
      const nonce = randomText(32)
      payloads.set(nonce, { directives, keptAtMs: nowMs })
      return nonce
    },
    payload(nonce, nowMs) {
      const kept = payloads.get(nonce)
      return kept !== undefined && nowMs - kept.keptAtMs <= payloadLifetimeMs ? kept.directives : undefined
    },
    issueTicket(client) {
      const ticket = randomText(32)
      tickets.set(ticket, client)
      return ticket
    },
    redeemTicket(ticket) {
      const client = tickets.get(ticket)
      tickets.delete(ticket)
      return client
    }
  }
}
