import t from 'tap'
import type { BusAwayCause } from '../../src/revocation/index.js'
import { redisAwayCause } from '../../src/revocation/redis-causes.js'

const coded = (code: string, message = 'connect') => Object.assign(new Error(message), { code })

const cases: readonly (readonly [BusAwayCause, unknown])[] = [
  ['authentication', new Error('NOAUTH Authentication required.')],
  ['authentication', new Error('WRONGPASS invalid username-password pair or user is disabled.')],
  ['authentication', new Error('ERR AUTH <password> called without any password configured for the default user.')],
  ['permission', new Error("NOPERM this user has no permissions to run the 'zadd' command")],
  ['moved', new Error('MOVED 866 127.0.0.1:7002')],
  ['moved', new Error('ASK 866 127.0.0.1:7002')],
  ['read-only', new Error("READONLY You can't write against a read only replica.")],
  ['unready', new Error('LOADING Redis is loading the dataset in memory')],
  ['unready', new Error('CLUSTERDOWN Hash slot not served')],
  ['unready', new Error('MASTERDOWN Link with MASTER is down')],
  ['unusable', new Error('WRONGTYPE Operation against a key holding the wrong kind of value')],
  ['unusable', new Error("OOM command not allowed when used memory > 'maxmemory'.")],
  ['unusable', new Error('MISCONF Redis is configured to save RDB snapshots')],
  ['refused', coded('ECONNREFUSED')],
  ['refused', new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')])],
  ['refused', Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError: coded('ECONNREFUSED') })],
  ['refused', 'obseve client error: Error: connect ECONNREFUSED 127.0.0.1:1'],
  ['unreachable', coded('ENOTFOUND', 'getaddrinfo ENOTFOUND redis')],
  ['unreachable', coded('EHOSTUNREACH')],
  ['unreachable', new Error('All sentinels are unreachable. Retrying from scratch after 10ms.')],
  ['timeout', coded('ETIMEDOUT')],
  ['timeout', new Error('Connection timeout')],
  ['timeout', new Error('Command timed out')],
  ['closed', coded('ECONNRESET', 'read ECONNRESET')],
  ['closed', new Error('Socket closed unexpectedly')],
  ['closed', new Error('The client is closed')],
  ['unknown', new Error('something else')],
  ['unknown', undefined]
]

t.test('the answers of Redis and the errors of clients have their word', async (t) => {
  for (const [cause, error] of cases) t.equal(redisAwayCause(error), cause, String(error))
})

t.test('an error that is its own cause ends', async (t) => {
  const error = new Error('round')
  error.cause = error
  t.equal(redisAwayCause(error), 'unknown')
})
