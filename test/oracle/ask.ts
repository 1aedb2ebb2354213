import type { OracleCase } from './case.js'
import { aligned } from './deliberate.js'
import type { Observed } from './observed.js'
import { askOurs } from './ours.js'
import { wireRequest } from './request.js'
import { askTheirs } from './theirs.js'

let asked = 0

/** One request through both. */
export async function askBoth(oracleCase: OracleCase, apiUrl: string): Promise<{ ours: Observed; theirs: Observed }> {
  const sessionId = `sess_${++asked}`
  const ours = await askOurs(oracleCase, wireRequest(oracleCase, sessionId), apiUrl)
  const other = aligned(oracleCase)
  const theirs = await askTheirs(other, wireRequest(other, sessionId), apiUrl)
  return JSON.stringify(other) === JSON.stringify(oracleCase)
    ? { ours, theirs }
    : { ours: withoutTokens(ours), theirs: withoutTokens(theirs) }
}

/** The same request to both, with nothing aligned: how they really differ. */
export async function askPlainly(
  oracleCase: OracleCase,
  apiUrl: string
): Promise<{ ours: Observed; theirs: Observed }> {
  const request = wireRequest(oracleCase, `sess_${++asked}`)
  return { ours: await askOurs(oracleCase, request, apiUrl), theirs: await askTheirs(oracleCase, request, apiUrl) }
}

/** The two were asked about different tokens: which they are is not compared in the location, that they are there is. */
function withoutTokens(observed: Observed): Observed {
  if (observed.location === null) return observed
  const location = observed.location.replace(
    /(__session=|__clerk_handshake(?:=|%3D))[\w.-]+(?:%(?:25)?3D)*/g,
    '$1token'
  )
  return { ...observed, location }
}
