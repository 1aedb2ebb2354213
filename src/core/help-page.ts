import { explainFetchFailure } from './fetch-cause.js'

/** From `src/`. */
const PAGE = 'help/README.md'

/** Where the page of errors, reasons and causes has an entry: its heading, as GitHub makes an anchor of it. */
export function helpAt(heading: string): string {
  const anchor = heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
  return `fastify-clerk-auth/src/${PAGE}#${anchor}`
}

/** For log lines with a request's reason. A refresh code may be Clerk's own, which has no entry. */
export function helpOfReason(reason: string): string {
  return helpAt(reason.startsWith('session-token-expired-refresh-') ? 'Reasons of an expired session' : reason)
}

/** For log lines about a call to Clerk that has failed. */
export function helpOfFailure(failure: string): string {
  return helpAt(`fetch: ${explainFetchFailure(failure).word}`)
}
