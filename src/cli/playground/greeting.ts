/** The text for the terminal once the playground runs. Each command works as printed, in any order. */
export function renderGreeting(url: string, clerkOrigin: string): string {
  const asUser = (name: string) => `-H "Authorization: Bearer $(curl -s '${url}/demo/token?user=${name}')"`
  return `
  fastify-clerk-auth playground

    Application   ${url}
    Local Clerk   ${clerkOrigin}

  Open ${url} in a browser, or try:

    # nobody: 200, then 401
    curl -i ${url}/api/public
    curl -i ${url}/api/me

    # Ada with a token in the Authorization header: 200
    curl -i ${asUser('ada')} ${url}/api/me

    # Grace with the cookies of a browser: 200
    curl -i --cookie "$(curl -s '${url}/demo/cookies?user=grace')" ${url}/api/me

    # who may write documents? Ada: 200, Grace: 403
    curl -i ${asUser('ada')} ${url}/api/docs
    curl -i ${asUser('grace')} ${url}/api/docs

    # what a route sees, and what it cost
    curl -s ${asUser('ada')} ${url}/api/auth
    curl -s ${url}/demo/counters

  Ctrl+C stops it.
`
}
