import { type Certificate, createCertificate } from './certificate.js'
import type { LocalInstance } from './instance.js'
import { type Listener, listenOnLoopback } from './listener.js'
import { type ListenOptions, readListenOptions } from './options.js'

/** Where an instance listens: by HTTP, or by TLS with a plain port beside it. */
export interface Listening {
  /** Starts once; resolves when it listens. */
  start(options: number | ListenOptions | undefined): Promise<void>
  close(): Promise<void>
  /** Null while nothing listens. */
  current(): Address | null
}

export interface Address {
  /** Where browsers reach FAPI. */
  readonly origin: string
  /** Where the application reaches BAPI: by plain HTTP, so that it need not trust the certificate. */
  readonly apiUrl: string
  /** Names and ports under which `fetch` of the instance answers too. */
  readonly hosts: readonly string[]
  /** In PEM; null: no TLS. */
  readonly certificate: string | null
}

export function createListening(
  instance: LocalInstance,
  satellites: readonly string[],
  handle: (request: Request) => Promise<Response>,
  now: () => number
): Listening {
  let listeners: readonly Listener[] = []
  let address: Address | null = null
  let starting: Promise<void> | null = null

  async function open(port: number, tls: boolean | Certificate): Promise<void> {
    const names = [instance.frontendApi, ...satellites.map((domain) => `clerk.${domain}`)]
    const pair = tls === true ? await createCertificate(names.map(withoutPort)) : tls || null
    const main = await listenOnLoopback(handle, port, pair, now)
    listeners = [main]
    const plain = pair === null ? main : await listenOnLoopback(handle, 0, null, now)
    listeners = [...new Set([main, plain])]
    address = {
      origin: originAt(instance.frontendApi, main.port, pair !== null),
      apiUrl: `http://127.0.0.1:${plain.port}`,
      hosts: listeners.flatMap((listener) => [`localhost:${listener.port}`, `127.0.0.1:${listener.port}`]),
      certificate: pair?.cert ?? null
    }
  }

  async function close(): Promise<void> {
    const closed = listeners
    listeners = []
    address = null
    starting = null
    await Promise.all(closed.map((listener) => listener.close()))
  }

  return {
    async start(options) {
      const { port, tls } = readListenOptions(options)
      starting ??= open(port, tls).catch(async (error) => {
        await close()
        throw error
      })
      await starting
    },
    close,
    current: () => address
  }
}

/** A FAPI host that ends in `.localhost` keeps its name: such names resolve to loopback (RFC 6761 section 6.3). */
function originAt(frontendApi: string, port: number, isSecure: boolean): string {
  const host = withoutPort(frontendApi)
  return `${isSecure ? 'https' : 'http'}://${host.endsWith('.localhost') ? host : 'localhost'}:${port}`
}

function withoutPort(host: string): string {
  return host.split(':')[0] ?? host
}
