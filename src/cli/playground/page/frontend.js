// With --frontend: Clerk's own components in place of the links to the sign-in pages. They are those of the packages that
// are installed where the playground was started; the page is built by nothing.

import { element } from './element.js'

const account = document.getElementById('account')
const { Clerk } = window

let shown

/** Shows the account of the browser's user, as clerk-js knows it; again only when it is another one. */
function showAccount() {
  const userId = Clerk.user?.id ?? null
  if (!Clerk.loaded || userId === shown) return
  shown = userId
  if (userId === null) {
    const button = element('button', { type: 'button', class: 'button primary', id: 'sign-in' }, 'Sign in')
    button.addEventListener('click', () => Clerk.openSignIn())
    const hint = element('small', {}, 'ada, grace or alan@example.com · password: difference-engine')
    account.replaceChildren(element('div', { class: 'who' }, hint), button)
    return
  }
  const organizations = element('div', { id: 'organization-switcher' })
  const user = element('div', { id: 'user-button' })
  account.replaceChildren(organizations, user)
  Clerk.mountOrganizationSwitcher(organizations)
  Clerk.mountUserButton(user)
}

window.playgroundAccount = showAccount

await Clerk.load({ telemetry: false, ui: { ClerkUI: window.__internal_ClerkUICtor } })
showAccount()
let known
Clerk.addListener(({ user, organization }) => {
  const now = `${user?.id} ${organization?.id}`
  if (known !== undefined && now !== known) document.dispatchEvent(new Event('account-changed'))
  known = now
})
