// The audit page: shows what the audit plugin has recorded, newest first.

import { element } from './element.js'

const byId = (id) => document.getElementById(id)

function describeDevice({ sessionId, browser, os, address }) {
  const program = [browser?.name, os?.name].filter(Boolean).join(' on ')
  return [program || 'unknown program', address, sessionId && `…${sessionId.slice(-6)}`].filter(Boolean).join(' · ')
}

/** Fills a select and keeps what was chosen. */
function fill(select, every, options) {
  const chosen = select.value
  select.replaceChildren(
    element('option', { value: '' }, every),
    ...options.map(([value, label]) => element('option', { value }, label))
  )
  select.value = options.some(([value]) => value === chosen) ? chosen : ''
}

function row({ time, userId, actorId, action, method, route, status, decision, reason, device }) {
  const what = [element('code', {}, `${method} ${route ?? '(no route)'}`)]
  if (action !== null) what.unshift(element('strong', {}, action), element('br'))
  return element(
    'tr',
    {},
    element('td', {}, new Date(time).toLocaleTimeString()),
    element('td', {}, userId ?? '–', actorId === null ? '' : ` by ${actorId}`),
    element('td', {}, ...what),
    element(
      'td',
      {},
      element('span', { class: decision === 'allowed' ? 'status good' : 'status' }, `${status} ${decision}`),
      reason === null ? '' : element('small', {}, reason)
    ),
    element('td', {}, describeDevice(device))
  )
}

async function update() {
  const query = new URLSearchParams(new FormData(byId('filters')))
  const { records, users, devices } = await (await fetch(`/demo/audit?${query}`)).json()
  fill(
    byId('user'),
    'everyone',
    users.map((userId) => [userId, userId])
  )
  fill(
    byId('device'),
    'every device',
    devices.map((device) => [device.sessionId, describeDevice(device)])
  )
  byId('records').replaceChildren(...records.map(row))
  byId('empty').hidden = records.length > 0
}

async function updateOrSay() {
  try {
    await update()
    byId('stopped').hidden = true
  } catch (error) {
    // What `fetch` throws for a server that is not there.
    if (!(error instanceof TypeError)) throw error
    byId('stopped').hidden = false
  }
}

byId('filters').addEventListener('change', updateOrSay)
await updateOrSay()
setInterval(() => {
  if (document.visibilityState === 'visible' && !byId('filters').contains(document.activeElement)) updateOrSay()
}, 2000)
