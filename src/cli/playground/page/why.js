import { element } from './element.js'

/** How the server came to its answer: what fastify.clerk.explain() says of this call. */
export function renderWhy(why) {
  const facts = [
    ['Decided', decided(why)],
    ['By', decidedBy(why)],
    ['Authorization', authorizations[why.carried.authorization]],
    ['Cookies', cookies(why.carried)],
    ['Token', token(why.token)],
    ['Redirect', why.carried.isPageLoad ? 'possible: this is a page load' : 'not possible: this is no page load'],
    ['Guard', why.verdict === null ? 'refused nothing' : `${why.verdict.guard}: ${why.verdict.code ?? 'a redirect'}`],
    ['Means', why.help?.cause],
    ['What to do', why.help?.cure]
  ].filter(([, value]) => value)
  return element(
    'details',
    { class: 'why' },
    element('summary', {}, 'Why?'),
    element(
      'dl',
      { class: 'facts' },
      ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, ...withCode(value))])
    )
  )
}

const authorizations = {
  absent: 'no header',
  token: 'a token, which decides alone',
  'not-bearer': 'another scheme than Bearer: not looked at',
  extracted: 'a token from elsewhere'
}

function decided({ state, reason, message }) {
  return [state, reason, message].filter(Boolean).join(' · ')
}

function decidedBy({ decidedBy: { path, row, section } }) {
  if (section === null) return 'nothing: the route is not authenticated'
  if (path === 'none') return `neither header nor cookies, as section ${section} of the specification says`
  return path === 'header' ? `the header (section ${section})` : `the cookies: row ${row} of the decision table`
}

function cookies({ cookies, cookieFamily, hasCookiesOfAnother }) {
  const names = cookies.length === 0 ? 'none of this instance' : cookies.map((name) => `\`${name}\``).join(', ')
  const family = cookieFamily === null || cookies.length === 0 ? '' : `; the ${cookieFamily} ones count`
  return `${names}${family}${hasCookiesOfAnother ? '; and some of another instance' : ''}`
}

function token(token) {
  if (token === null) return 'none'
  const { kind, isInMemory, isOfThisInstance, ageInMs, expiresInMs, isOlderThanSignIn } = token
  return [
    kind.replaceAll('_', ' ').replaceAll('-', ' '),
    isInMemory ? 'in memory as verified' : 'not in memory',
    isOfThisInstance === false && 'of another instance',
    ageInMs !== null && `${seconds(ageInMs)} old`,
    expiresInMs !== null &&
      (expiresInMs > 0 ? `ends in ${seconds(expiresInMs)}` : `ended ${seconds(-expiresInMs)} ago`),
    isOlderThanSignIn && 'older than the last sign-in'
  ]
    .filter(Boolean)
    .join(', ')
}

function seconds(ms) {
  return `${Math.round(ms / 1000)} s`
}

/** Text between backticks is code. */
function withCode(text) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? element('code', {}, part) : part))
}
