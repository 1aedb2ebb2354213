import { BoundedMap } from './bounded-map.js'
import { createId, randomText } from './ids.js'

/** A browser as FAPI knows it: in production by the cookie `__client`, in development by its dev browser token. */
export interface LocalClient {
  readonly id: string
  /** The dev browser token: names this client in cookies and URLs. */
  readonly devBrowser: string
  sessionId: string | null
  /** Last sign-in or sign-out, ms since the epoch; 0: never signed in. */
  updatedAtMs: number
  /** The attempt under way in this browser; null: none, or it is complete. */
  signIn: SignInAttempt | null
  signUp: SignUpAttempt | null
}

/** A sign-in between its steps: the user is known by name and has proved nothing yet. */
export interface SignInAttempt {
  readonly id: string
  /** Null: no identifier has been given yet. */
  readonly userId: string | null
  readonly identifier: string | null
  /** Whether a code has been asked for. */
  isCodeSent: boolean
}

/** A sign-up that lacks some of its fields. */
export interface SignUpAttempt {
  readonly id: string
  readonly fields: SignUpFields
}

export interface SignUpFields {
  readonly email?: string | undefined
  readonly password?: string | undefined
  readonly firstName?: string | undefined
  readonly lastName?: string | undefined
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

/** Each browser has two names. The oldest is forgotten, and learns it as after a restart. */
const MAX_CLIENT_NAMES = 20_000
const MAX_WAITING = 10_000

export function createClients(): Clients {
  const clients = new BoundedMap<string, LocalClient>(MAX_CLIENT_NAMES)
  const payloads = new BoundedMap<string, { directives: readonly string[]; keptAtMs: number }>(MAX_WAITING)
  const tickets = new BoundedMap<string, LocalClient>(MAX_WAITING)

  return {
    find: (token) => (token ? clients.get(token) : undefined),
    create() {
      const client: LocalClient = {
        id: createId('client'),
        devBrowser: `dvb_${randomText(27)}`,
        sessionId: null,
        updatedAtMs: 0,
        signIn: null,
        signUp: null
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
