import { createHash } from 'node:crypto'
import type { LocalUser } from './directory.js'
import { escapeHtml } from './http.js'

interface Choice {
  readonly user: LocalUser
  readonly organizations: readonly string[]
}

export function renderSignInPage(choices: readonly Choice[], action: string, returnUrl: URL | null): string {
  const buttons = choices.map(({ user, organizations }) => {
    const name = user.name ?? user.id
    const details = [user.note ?? '', organizations.join(', ')].filter((line) => line !== '')
    return `<button name="user_id" value="${escapeHtml(user.id)}">
  <span class="face" aria-hidden="true">${escapeHtml(initials(name))}</span>
  <span><strong>${escapeHtml(name)}</strong>${details.map((line) => `<small>${escapeHtml(line)}</small>`).join('')}</span>
</button>`
  })
  const body = `<h1>Sign in</h1>
<p>${returnUrl === null ? 'Local Clerk' : `to continue to <strong>${escapeHtml(returnUrl.host)}</strong>`}</p>
<form method="post" action="${escapeHtml(action)}">${buttons.join('\n')}</form>
${choices.length === 0 ? '<p>This instance has no users: pass <code>users</code> to createLocalClerk().</p>' : ''}
<footer>A local stand-in for Clerk. No account, no password, no network.</footer>`
  return renderDocument('Sign in', `${body}\n<script>${FRAGMENT_SCRIPT}</script>`)
}

/**
 * clerk-js names the page to return to in the fragment, as `#/?redirect_url=…`, which no server sees: the script moves it
 * to the query.
 */
const FRAGMENT_SCRIPT = `
const target = new URLSearchParams(location.hash.split('?')[1]).get('redirect_url')
const here = new URL(location)
if (target && !here.searchParams.has('redirect_url')) {
  here.hash = ''
  here.searchParams.set('redirect_url', target)
  location.replace(here)
}
`

/** The source expression of that script (Content Security Policy Level 3): no other runs on the page. */
export const SIGN_IN_SCRIPT = `'sha256-${createHash('sha256').update(FRAGMENT_SCRIPT).digest('base64')}'`

export function renderStatusPage(message: string): string {
  return renderDocument(message, `<h1>${escapeHtml(message)}</h1><p>You can close this page.</p>`)
}

export function initials(name: string): string {
  return name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('')
}

/** A page in the look of the sign-in page. */
export function renderDocument(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body><main>${body}</main></body>
</html>
`
}

const style = `
:root { color-scheme: light dark; --ground: #f4f4f1; --card: #fff; --ink: #1b1b1f; --quiet: #62626b; --line: #dcdcd6;
  --accent: #5b45e0; --face: #ece9fd }
@media (prefers-color-scheme: dark) { :root { --ground: #131316; --card: #1d1d22; --ink: #ededf0; --quiet: #a0a0ab;
  --line: #33333b; --accent: #a99cff; --face: #2d2852 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { width: min(26rem, 100%); background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 2rem }
h1 { font-size: 1.375rem; line-height: 1.2; margin: 0 0 .25rem }
p { margin: 0 0 1.25rem; color: var(--quiet) }
p strong { color: var(--ink) }
form { display: grid; gap: .625rem }
button { display: flex; gap: .875rem; align-items: center; width: 100%; padding: .75rem; text-align: left; font: inherit;
  color: inherit; background: none; border: 1px solid var(--line); border-radius: 10px; cursor: pointer }
button:hover { border-color: var(--accent) }
button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.face { flex: none; width: 2.5rem; height: 2.5rem; border-radius: 50%; display: grid; place-items: center;
  background: var(--face); color: var(--accent); font-weight: 600; font-size: .875rem }
strong, small { display: block }
small { color: var(--quiet); font-size: .8125rem }
p strong { display: inline }
dl { margin: 0 0 1.25rem; color: var(--quiet); font-size: .875rem }
dd { margin: 0; overflow-wrap: anywhere; color: var(--ink) }
footer { margin-top: 1.5rem; font-size: .8125rem; color: var(--quiet) }
`
