import t from 'tap'
import { postgresAwayCause } from '../../src/revocation/postgres-causes.js'

// Errors that a test cannot easily make a server give; the others are in postgres-bus.test.ts.

const byCode: Readonly<Record<string, string>> = {
  '28000': 'authentication',
  '28P01': 'authentication',
  '42501': 'permission',
  '25006': 'read-only',
  '40001': 'unready',
  '57014': 'timeout',
  '57P01': 'closed',
  '57P02': 'closed',
  '57P03': 'unready',
  '57P05': 'closed',
  '53300': 'unready',
  '55P03': 'unready',
  '53100': 'unusable',
  '42P01': 'unusable',
  '42703': 'unusable',
  '3D000': 'unusable',
  '08006': 'closed',
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'closed',
  XX000: 'unknown'
}

const byText: Readonly<Record<string, string>> = {
  'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string': 'authentication',
  'Query read timeout': 'timeout',
  'timeout expired': 'timeout',
  'Connection terminated unexpectedly': 'closed',
  'Client was closed and is not queryable': 'closed',
  'something else': 'unknown'
}

t.test('an error of PostgreSQL or pg has one word', async (t) => {
  for (const [code, cause] of Object.entries(byCode)) {
    t.equal(postgresAwayCause(Object.assign(new Error('password'), { code })), cause, code)
  }
  for (const [message, cause] of Object.entries(byText)) t.equal(postgresAwayCause(new Error(message)), cause, message)
  for (const error of [null, undefined, 'timeout', 5]) t.equal(postgresAwayCause(error), 'unknown')
})
