/**
 * Counts of one instance since it was made. Plain numbers in one object: counting on the hot path is one increment, and
 * all reports (`stats()`, metrics, the playground) read the same fields.
 */
export class Stats {
  /** Session tokens, of requests and others, that were in memory as verified and good. */
  hits = 0
  /** Time the hook took for the latest timed hit, in ms; one hit in 64 is timed. */
  hitMs = 0
  /** Session tokens, of requests and others, that were not in memory. */
  misses = 0
  /** Signature verifications, of those the ones in the thread pool, and the ones with a bad signature. */
  verifications = 0
  pooledVerifications = 0
  forged = 0
  /** Verifications that waited for another request's verification of the same token. */
  shared = 0
  /** Authenticated requests, each in the one state that was decided: `plugin/decision.ts`. */
  signedIn = 0
  signedOut = 0
  handshakes = 0
  /** Requests whose token could not be judged now, for instance because keys could not be had. */
  unavailable = 0
  evictions = 0
  /** Session tokens that were refused because a revocation covers them, in memory or first seen. */
  revoked = 0
  /** Tokens that a report-only rule would have refused. */
  reportedIssuers = 0
  reportedAuthorizedParties = 0
  /** Session tokens of cookies, first seen and well signed, that have no `azp`. */
  cookieTokensWithoutAzp = 0
  /** Requests signed in by cookie that a page of another origin caused: let through by `report`, and refused. */
  reportedCrossOrigin = 0
  refusedCrossOrigin = 0
}
