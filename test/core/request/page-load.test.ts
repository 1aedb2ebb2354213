import t from 'tap'
import { isPageLoad, isTopLevelPageLoad } from '../../../src/core/request/page-load.js'

// state/README.md section 4.1: destination first, `Accept` only where no destination is sent.
const cases: [secFetchDest: string, accept: string, page: boolean, topLevel: boolean][] = [
  ['document', '', true, true],
  ['document', 'application/json', true, true],
  ['iframe', '', true, false],
  ['empty', 'text/html', false, false],
  ['image', 'text/html', false, false],
  ['Document', 'text/html', false, false],
  ['', 'text/html', true, false],
  ['', 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8', true, false],
  ['', 'application/json, text/html', false, false],
  ['', '*/*', false, false],
  ['', '', false, false]
]

t.test('a GET is a page load by its destination, and without one by what it accepts', async (t) => {
  for (const [secFetchDest, accept, page, topLevel] of cases) {
    t.equal(isPageLoad('GET', secFetchDest, accept), page, `${secFetchDest} ${accept}`)
    t.equal(isTopLevelPageLoad('GET', secFetchDest), topLevel, `${secFetchDest} ${accept}`)
  }
})

t.test('no other method is', async (t) => {
  for (const method of ['POST', 'HEAD', 'get', 'OPTIONS', '']) {
    t.notOk(isPageLoad(method, 'document', 'text/html'), method)
    t.notOk(isPageLoad(method, '', 'text/html'), method)
    t.notOk(isTopLevelPageLoad(method, 'document'), method)
  }
})
