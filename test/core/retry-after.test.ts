import t from 'tap'
import { parseHttpDate } from '../../src/core/http-date.js'
import { parseRetryAfterMs, toRetryAfterSeconds } from '../../src/core/retry-after.js'

const NOW_MS = Date.UTC(2026, 4, 12, 8, 49, 37)
const inSeconds = (seconds: number) => new Date(NOW_MS + seconds * 1000).toUTCString()

const waits: [value: string | null, waitMs: number | null, why: string][] = [
  ['0', 0, 'no wait'],
  ['7', 7_000, 'seconds'],
  ['007', 7_000, 'seconds with leading zeros are digits still'],
  ['300', 300_000, 'the longest wait'],
  ['301', 300_000, 'beyond the longest wait'],
  ['99999999999', 300_000, 'far beyond it'],
  ['9'.repeat(400), 300_000, 'beyond any number'],
  [inSeconds(5), 5_000, 'a date'],
  ['Tuesday, 12-May-26 08:49:42 GMT', 5_000, 'a date in the form of RFC 850'],
  ['Tue May 12 08:49:42 2026', 5_000, 'a date in the form of asctime()'],
  [inSeconds(86_400), 300_000, 'a date far ahead'],
  ['Fri, 31 Dec 9999 23:59:59 GMT', 300_000, 'the last date'],
  [inSeconds(0), 0, 'now'],
  [inSeconds(-5), 0, 'a date that has passed'],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0, 'the epoch'],
  [null, null, 'absent'],
  ['', null, 'empty'],
  ['-1', null, 'negative'],
  ['+7', null, 'a sign'],
  ['1.5', null, 'a fraction'],
  ['1e3', null, 'an exponent'],
  ['0x10', null, 'hexadecimal'],
  ['7 s', null, 'a unit'],
  ['7, 9', null, 'two fields in one'],
  ['soon', null, 'a word'],
  ['2026', 300_000, 'a year is so many seconds'],
  ['2026-05-12T08:49:42Z', null, 'a date of ISO 8601'],
  ['12 May 2026', null, 'a date of no form'],
  ['Tue, 32 May 2026 08:49:42 GMT', null, 'no day'],
  ['Tue, 12 May 2026 08:49:42 +0200', null, 'another zone'],
  ['Tue, 12 May 2026 08:49:42 GMT; x', null, 'a date and more']
]

for (const [value, waitMs, why] of waits) {
  t.test(`Retry-After: ${value?.slice(0, 40)} (${why})`, (t) => {
    t.equal(parseRetryAfterMs(value, NOW_MS), waitMs)
    t.end()
  })
}

t.test('a date without a zone is UTC, wherever the process runs', (t) => {
  const before = process.env.TZ
  t.teardown(() => {
    if (before === undefined) delete process.env.TZ
    else process.env.TZ = before
  })
  process.env.TZ = 'America/New_York'
  t.equal(new Date(NOW_MS).getTimezoneOffset(), 240, 'the zone is taken')
  for (const form of ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994']) {
    t.equal(parseHttpDate(form), 784_111_777_000, form)
  }
  t.end()
})

t.test('nobody is told to come back at once', (t) => {
  for (const [ms, seconds] of [
    [-5, 1],
    [0, 1],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [300_000, 300]
  ] as const) {
    t.equal(toRetryAfterSeconds(ms), seconds, String(ms))
  }
  t.end()
})
