import { explainFetchFailure } from './fetch-cause.js'

/** From `src/`. */
const PAGE = 'help/README.md'

/** Address of an entry of the page: what `help` of log lines, events, warnings and errors is. */
export type HelpAddress = `fastify-clerk-auth/src/${typeof PAGE}#${string}`

/** Where the page of errors, reasons and causes has an entry: its heading, as GitHub makes an anchor of it. */
export function helpAt(heading: string): HelpAddress {
  const anchor = heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
  return `fastify-clerk-auth/src/${PAGE}#${anchor}`
}

/** For log lines and events with a request's reason. A refresh code may be Clerk's own, which has no entry. */
export function helpOfReason(reason: string): HelpAddress {
  return helpAt(reason.startsWith('session-token-expired-refresh-') ? 'Reasons of an expired session' : reason)
}

/** Reasons of session tokens and of machine tokens, with an entry for each. */
const OF_BOTH: ReadonlySet<string> = new Set([
  'token-invalid',
  'token-verification-failed',
  'revocation-bus-away',
  'secret-key-invalid'
])

/** For events with the reason of a request whose token may be a machine's. */
export function helpOfRefusal(reason: string, isMachine: boolean): HelpAddress {
  return isMachine && OF_BOTH.has(reason) ? helpAt(`${reason} of a machine token`) : helpOfReason(reason)
}

/** For log lines about a call to Clerk that has failed. */
export function helpOfFailure(failure: string): HelpAddress {
  return helpAt(`fetch: ${explainFetchFailure(failure).word}`)
}

/** For log lines about a call of the Backend API, by the kind of its failure. */
export function helpOfCall(kind: string): HelpAddress {
  return helpAt(`call: ${kind}`)
}

/** For log lines about a store that processes share, by the cause for which it is away. */
export function helpOfBus(cause: string): HelpAddress {
  return helpAt(`bus: ${cause}`)
}
