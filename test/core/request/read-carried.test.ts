import t from 'tap'
import { compileCookieReader, createCarriedCookies } from '../../../src/core/request/cookies.js'
import { type RequestSource, readCarried } from '../../../src/core/request/read-carried.js'

const readCookies = compileCookieReader('naoXFJnI')

const source: RequestSource = {
  method: 'GET',
  target: '/page?a=1',
  headers: {
    authorization: 'Bearer token',
    cookie: '__session=a; __client_uat=5',
    'sec-fetch-dest': 'document',
    accept: 'text/html',
    referer: 'https://referer.test/',
    'x-other': 'other'
  },
  protocol: 'https',
  host: 'app.example.com'
}

t.test('a request carries what its headers say', async (t) => {
  const carried = readCarried(source, readCookies)
  t.match(carried, {
    method: 'GET',
    target: '/page?a=1',
    headerToken: 'token',
    secFetchDest: 'document',
    accept: 'text/html',
    referer: 'https://referer.test/'
  })
  t.same(carried.cookies, { ...createCarriedCookies(), session: 'a', clientUat: '5' })
  t.equal(carried.headers, source.headers, 'for those who ask on its behalf')
  t.equal(carried.url.href, 'https://app.example.com/page?a=1')
  t.equal(carried.url, carried.url, 'parsed once')
})

t.test('what is absent, or there twice where it may be there once, is empty', async (t) => {
  const list = ['a', 'b']
  const twice = { authorization: list, cookie: list, 'sec-fetch-dest': list, accept: list, referer: list }
  for (const headers of [{}, twice]) {
    const { headerToken, cookies, secFetchDest, accept, referer } = readCarried({ ...source, headers }, readCookies)
    t.same([headerToken, secFetchDest, accept, referer], ['', '', '', ''])
    t.same(cookies, createCarriedCookies())
  }
})

t.test('memory keeps the header of a token without a copy only if the header is hardly longer', async (t) => {
  const retained = (authorization: string, token?: string) =>
    readCarried({ ...source, headers: { authorization }, token }, readCookies).retainedLength
  t.equal(retained('Bearer token'), 12)
  t.equal(retained(`Bearer token${' '.repeat(249)}`), 261, '256 characters around it')
  t.equal(retained(`Bearer token${' '.repeat(250)}`), 0, '257 characters around it')
  t.equal(retained(`Bearer token ${'x'.repeat(8000)}`), 0)
  const http2 = { ':method': 'GET', authorization: 'Bearer token' }
  t.equal(readCarried({ ...source, headers: http2 }, readCookies).retainedLength, 0, 'HTTP/2')
  t.equal(retained('Bearer token', 'token'), 0, 'the application has found it: nobody knows in which text')
})
