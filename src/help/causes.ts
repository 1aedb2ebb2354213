import type { BackendFailure } from '../core/backend-api/result.js'
import { FETCH_CAUSES, type FetchWord } from '../core/fetch-cause.js'
import type { BusAwayCause } from '../core/revocation/bus.js'
import type { Help } from './help.js'

/** `keys.lastError` of `health()` and `failure` of log lines, by the word that they begin with. */
export const keyFetchHelp: Readonly<Record<FetchWord, Help>> = Object.freeze(
  Object.fromEntries(
    Object.entries(FETCH_CAUSES).map(([word, { cause, cure }]) => [
      word,
      { cause: sentence(cause), cure: sentence(cure) }
    ])
  ) as Record<FetchWord, Help>
)

function sentence(clause: string): string {
  return `${clause[0]?.toUpperCase()}${clause.slice(1)}.`
}

/** `kind` of log lines about calls of the Backend API, and the reason of `FST_CLERK_GET_TOKEN` in words. */
export const callFailureHelp: Readonly<Record<BackendFailure['kind'], Help>> = {
  http: {
    cause: 'Clerk answered with an HTTP error, whose status stands beside.',
    cure: '401 and 403: the secret key. 404: the thing asked for does not exist in this instance. 429: Clerk’s rate limit. 5xx: Clerk’s status page.'
  },
  network: {
    cause: 'No answer: connection refused or reset, or host name not found.',
    cure: 'Try `apiUrl` from this host. Behind an egress proxy, give a `fetch` that uses it.'
  },
  timeout: {
    cause: 'No complete answer within `apiTimeoutInMs`.',
    cure: 'Try `apiUrl` from this host.'
  },
  malformed: {
    cause: 'Clerk answered with success and a body of another form.',
    cure: 'Something else answers at `apiUrl`: look at proxies.'
  },
  busy: {
    cause: 'Clerk was not asked: too many calls are under way, or Clerk has asked for a pause.',
    cure: 'Nothing, when strangers flood the server. Else look for a client that sends the same unknown token without end.'
  },
  refused: {
    cause: 'Clerk was not asked: an id in the token could not stand in a path.',
    cure: 'Nothing: such a token is not of Clerk’s making.'
  },
  keyless: {
    cause: 'Clerk was not asked: there is no secret key.',
    cure: 'Set `CLERK_SECRET_KEY`.'
  }
}

/** `revocation.bus.cause` of `health()`, and `cause` of log lines about the bus. */
export const busCauseHelp: Readonly<Record<BusAwayCause, Help>> = {
  connecting: {
    cause: 'The first connection is still being made.',
    cure: 'Wait a second. If it stays, look at the address.'
  },
  refused: {
    cause: 'Nothing listens at this address.',
    cure: 'Start the store, or correct its port.'
  },
  unreachable: {
    cause: 'Host name not found, no route, or a connection that broke.',
    cure: 'Try the address from this host.'
  },
  timeout: {
    cause: 'The store, or the primary of a cluster, does not answer in time.',
    cure: 'Look at its load, and for a firewall that drops packets.'
  },
  authentication: {
    cause: 'The store refuses name or password.',
    cure: 'Correct the credentials of the client or pool.'
  },
  permission: {
    cause: 'The user of the store may not do what the bus needs.',
    cure: 'Grant what the manual lists.',
    see: 'revocation/README.md'
  },
  moved: {
    cause: 'The slot is on another node of the cluster, or the client is not one of a cluster.',
    cure: 'Give a cluster client for a cluster. During a resharding it passes by itself.'
  },
  'read-only': {
    cause: 'The store is a replica and takes no writes.',
    cure: 'Point the client to the primary. During a failover it passes by itself.'
  },
  unready: {
    cause: 'The store is starting, or its cluster is down.',
    cure: 'Wait. If it stays, look at the log of the store.'
  },
  unusable: {
    cause: 'The store is of another kind, is full, or lacks the table.',
    cure: 'Make the table that the manual shows, or give the store room.',
    see: 'revocation/README.md'
  },
  silent: {
    cause: 'The store takes messages and does not deliver them.',
    cure: 'Look for a pooler in transaction mode before PostgreSQL, or a proxy that does not pass `SUBSCRIBE`.',
    see: 'revocation/README.md'
  },
  closed: {
    cause: 'The connection was closed, or the bus has no peer.',
    cure: 'Look whether the application has ended the client while the server still runs.'
  },
  unknown: {
    cause: 'The store answered an error that the bus has no word for.',
    cure: 'Look at the log of the store at this time.'
  }
}
