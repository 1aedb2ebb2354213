import type { OracleCase } from './case.js'
import { aligned } from './deliberate.js'
import type { Observed } from './observed.js'
import { askOurs } from './ours.js'
import { wireRequest } from './request.js'
import { askTheirs } from './theirs.js'

let asked = 0

/** Sends a request to both sides, to Clerk's in the form that `aligned` gives it. */
export async function askBoth(oracleCase: OracleCase, apiUrl: string): Promise<{ ours: Observed; theirs: Observed }> {
  const sessionId = `sess_${++asked}`
  const ours = await askOurs(oracleCase, wireRequest(oracleCase, sessionId), apiUrl)
  const other = aligned(oracleCase)
  const theirs = await askTheirs(other, wireRequest(other, sessionId), apiUrl)
  return JSON.stringify(other) === JSON.stringify(oracleCase)
    ? { ours, theirs }
    : { ours: withoutTokens(ours), theirs: withoutTokens(theirs) }
}

/** Sends the same request to both, unaligned: the answers show the real difference. */
export async function askPlainly(
  oracleCase: OracleCase,
  apiUrl: string
): Promise<{ ours: Observed; theirs: Observed }> {
  const request = wireRequest(oracleCase, `sess_${++asked}`)
  return { ours: await askOurs(oracleCase, request, apiUrl), theirs: await askTheirs(oracleCase, request, apiUrl) }
}

/** Two aligned requests carry different tokens. Of the tokens in a location, only their presence is compared. */
function withoutTokens(observed: Observed): Observed {
  if (observed.location === null) return observed
  const location = observed.location.replace(
    /(__session=|__clerk_handshake(?:=|%3D))[\w.-]+(?:%(?:25)?3D)*/g,
    '$1token'
  )
  return { ...observed, location }
}
