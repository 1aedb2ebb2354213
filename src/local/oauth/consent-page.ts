import type { LocalUser } from '../directory.js'
import { escapeHtml } from '../http.js'
import { initials, renderDocument } from '../sign-in-page.js'
import type { OAuthClient } from './clients.js'
import type { AuthorizationRequest } from './grants.js'

interface ConsentPage {
  readonly id: string
  readonly client: OAuthClient
  readonly asked: AuthorizationRequest
  readonly users: readonly LocalUser[]
}

/** One button for each user of the directory, and one that denies. */
export function renderConsentPage({ id, client, asked, users }: ConsentPage): string {
  const buttons = users.map((user) => {
    const name = user.name ?? user.id
    return `<button name="user_id" value="${escapeHtml(user.id)}">
  <span class="face" aria-hidden="true">${escapeHtml(initials(name))}</span>
  <span><strong>Allow as ${escapeHtml(name)}</strong></span>
</button>`
  })
  const { protocol, host } = new URL(asked.redirectUri)
  const body = `<h1>${escapeHtml(client.name)} asks for access</h1>
<p>It will be answered at <strong>${escapeHtml(host === '' ? protocol : host)}</strong>.</p>
<dl>${listed('Scopes', asked.scopes)}${listed('For', asked.resources)}</dl>
<form method="post" action="/oauth/authorize">
<input type="hidden" name="page" value="${escapeHtml(id)}">
${buttons.join('\n')}
<button name="deny" value="true">Deny</button>
</form>
${users.length === 0 ? '<p>This instance has no users: pass <code>users</code> to createLocalClerk().</p>' : ''}
<footer>A local stand-in for Clerk. No account, no password, no network.</footer>`
  return renderDocument('Allow access', body)
}

export function renderRefusalPage(message: string): string {
  return renderDocument('Not authorized', `<h1>Not authorized</h1><p>${escapeHtml(message)}.</p>`)
}

function listed(title: string, words: readonly string[]): string {
  if (words.length === 0) return `<dt>${title}</dt><dd>nothing named</dd>`
  return `<dt>${title}</dt>${words.map((word) => `<dd><code>${escapeHtml(word)}</code></dd>`).join('')}`
}
