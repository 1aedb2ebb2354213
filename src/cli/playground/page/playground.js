// The page of the playground: no framework, no build step, nothing from the network.

import { element } from './element.js'
import { renderWhy } from './why.js'

const routes = [
  ['/api/public', 'for anyone'],
  ['/api/me', 'requireAuth'],
  ['/api/docs', "authorize({ permission: 'org:docs:write' })"],
  ['/api/admin', "authorize({ role: 'org:admin' })"],
  ['/api/beta', "authorize({ feature: 'beta' })"]
]

const counters = [
  ['hits', 'cache hits'],
  ['misses', 'misses'],
  ['verifications', 'verifications'],
  ['keyFetches', 'key fetches'],
  ['hitMs', 'per cache hit', microseconds],
  ['requestMs', 'per request', milliseconds]
]

const byId = (id) => document.getElementById(id)
let directory = { signInUrl: '', signOutUrl: '', users: [] }

function microseconds(ms) {
  return [ms ? (ms * 1000).toFixed(1) : '–', 'µs']
}

function milliseconds(ms) {
  return [ms ? ms.toFixed(2) : '–', 'ms']
}

/** As `fetch`, and says on the page whether the server answers. */
async function ask(url, init) {
  try {
    const response = await fetch(url, init)
    byId('stopped').hidden = true
    return response
  } catch (error) {
    byId('stopped').hidden = false
    throw error
  }
}

async function getJson(url, init) {
  const response = await ask(url, init)
  return response.json()
}

function showCounters(values) {
  const list = byId('counters')
  for (const [name, label, format = (value) => [String(value ?? 0), '']] of counters) {
    const [text, unit] = format(values[name])
    let figure = list.querySelector(`[data-counter="${name}"]`)
    if (figure === null) {
      figure = element('dd', { 'data-counter': name })
      list.append(element('div', {}, element('dt', {}, label), figure))
    }
    if (figure.dataset.text === text) continue
    if (figure.dataset.text !== undefined) {
      figure.classList.remove('changed')
      void figure.offsetWidth // restarts the animation
      figure.classList.add('changed')
    }
    figure.dataset.text = text
    figure.replaceChildren(text, unit === '' ? '' : element('small', {}, unit))
  }
  const away = document.querySelector('[data-action="clerk-away"]')
  away.setAttribute('aria-pressed', String(values.isClerkAway))
  away.textContent = values.isClerkAway ? 'Bring Clerk back' : 'Take Clerk down'
}

async function updateCounters() {
  showCounters(await getJson('/demo/counters'))
}

function showAuth(auth) {
  const facts = auth.isAuthenticated
    ? [
        ['User', auth.userId],
        ['Session', auth.sessionId],
        ['Organization', auth.orgSlug ?? 'none, personal account'],
        ['Role', auth.orgRole ?? '–'],
        ['Permissions', auth.orgPermissions?.join(', ') || '–'],
        ['Token ends', new Date(auth.sessionClaims.exp * 1000).toLocaleTimeString()]
      ]
    : [
        ['Signed in', 'no'],
        ['Reason', auth.reason]
      ]
  byId('auth').replaceChildren(...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]))
  byId('auth-json').textContent = JSON.stringify(auth, null, 2)
  showAccount(auth)
  showOrganizations(auth)
  for (const button of document.querySelectorAll('[data-signed-in]')) button.disabled = !auth.isAuthenticated
}

function showAccount(auth) {
  // With --frontend the account is shown by Clerk's components, and this page says what the server sees.
  if (window.playgroundAccount !== undefined) return window.playgroundAccount()
  const here = encodeURIComponent(location.origin + location.pathname)
  if (!auth.isAuthenticated) {
    const signIn = `${directory.signInUrl}?redirect_url=${here}`
    byId('account').replaceChildren(element('a', { class: 'button primary', id: 'sign-in', href: signIn }, 'Sign in'))
    return
  }
  const user = directory.users.find(({ id }) => id === auth.userId)
  const organization = user?.organizations.find(({ id }) => id === auth.orgId)
  const home = encodeURIComponent(new URL('/', location.href).href)
  byId('account').replaceChildren(
    element(
      'div',
      { class: 'who' },
      user?.name ?? auth.userId,
      element('small', {}, organization?.name ?? 'personal account')
    ),
    element('a', { class: 'button', id: 'sign-out', href: `${directory.signOutUrl}?redirect_url=${home}` }, 'Sign out')
  )
}

/** Links whose path says which organization is meant: the plugin makes it the active one. */
function showOrganizations(auth) {
  const user = auth.isAuthenticated ? directory.users.find(({ id }) => id === auth.userId) : undefined
  const links = user?.organizations.length
    ? [...user.organizations.map(({ id, slug, name }) => [`/org/${slug}`, name, id]), ['/personal', 'Personal account']]
    : []
  byId('organizations').hidden = links.length === 0
  byId('organizations').lastElementChild.replaceChildren(
    ...links.map(([href, name, id]) => {
      const isCurrent = id === (auth.orgId ?? undefined)
      return element('a', { class: 'button', href, ...(isCurrent && { 'aria-current': 'page' }) }, name)
    })
  )
}

async function updateAuth() {
  showAuth(await getJson('/api/auth'))
  await updateCounters()
}

async function call(path, answer) {
  const startMs = performance.now()
  const response = await ask(path)
  const took = performance.now() - startMs
  const body = await response.text()
  answer.replaceChildren(
    element('span', { class: response.ok ? 'status good' : 'status' }, String(response.status)),
    element('span', { class: 'took' }, `${took.toFixed(1)} ms in the browser`),
    element('pre', {}, body.startsWith('{') ? JSON.stringify(JSON.parse(body), null, 2) : body)
  )
  const id = response.headers.get('x-request-id')
  if (id !== null) answer.append(renderWhy(await getJson(`/demo/why?id=${encodeURIComponent(id)}`)))
  await updateAuth()
}

function showRoutes() {
  for (const [path, guard] of routes) {
    const answer = element('div', { class: 'answer', 'aria-live': 'polite' })
    const button = element('button', { type: 'button', 'aria-label': `Call ${path}` }, 'Call')
    button.addEventListener('click', () => call(path, answer).catch(sayStopped))
    const name = element('div', {}, element('code', {}, `GET ${path}`), element('small', {}, guard))
    byId('routes').append(
      element('li', { 'data-route': path }, element('div', { class: 'route' }, name, button), answer)
    )
  }
}

const actions = {
  async burst() {
    const startMs = performance.now()
    await Promise.all(Array.from({ length: 200 }, () => ask('/api/public')))
    const took = performance.now() - startMs
    return { message: `200 requests in ${took.toFixed(0)} ms.` }
  }
}

for (const button of document.querySelectorAll('[data-action]')) {
  const { action } = button.dataset
  button.addEventListener('click', async () => {
    button.disabled = true
    try {
      const { message } = await (actions[action]?.() ?? getJson(`/demo/${action}`, { method: 'POST' }))
      byId('notice').textContent = message
      button.disabled = false
      await (action === 'expire' ? updateCounters() : updateAuth())
    } catch (error) {
      button.disabled = false
      sayStopped(error)
    }
  })
}

/** `ask` has said it already. Another error is a mistake of this page. */
function sayStopped(error) {
  if (byId('stopped').hidden) throw error
}

// The sign-in pages hand the dev browser over in the address; Clerk's frontend library removes it as this does.
const address = new URL(location.href)
if (address.searchParams.has('__clerk_db_jwt')) {
  address.searchParams.delete('__clerk_db_jwt')
  history.replaceState(null, '', address)
}

document.addEventListener('account-changed', () => updateAuth().catch(sayStopped))

showRoutes()
directory = await getJson('/demo/people')
await updateAuth()
setInterval(() => {
  if (document.visibilityState === 'visible') updateCounters().catch(() => {})
}, 1000)
