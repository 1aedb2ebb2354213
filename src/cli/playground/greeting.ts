/**
 * The text for the terminal once the playground runs. Its commands work in the printed order, one by one or pasted at once,
 * in bash and in zsh, which takes no comments at its prompt and looks for files behind a bare `?`.
 */
export function renderGreeting(url: string, clerkOrigin: string): string {
  const token = (name: string) => `"Authorization: Bearer $(curl -s '${url}/demo/token?user=${name}')"`
  return `
  fastify-clerk-auth playground

    Application   ${url}
    Local Clerk   ${clerkOrigin}

  Open ${url} in a browser, or try:

    echo '- nobody: 200, then 401'
    curl -iw '\\n' ${url}/api/public
    curl -iw '\\n' ${url}/api/me

    echo '- Ada with a token in the Authorization header: verified, then known'
    ADA=${token('ada')}
    curl -iw '\\n' -H "$ADA" ${url}/api/me
    curl -iw '\\n' -H "$ADA" ${url}/api/me

    echo '- Grace with the cookies of a browser: 200'
    curl -iw '\\n' --cookie "$(curl -s '${url}/demo/cookies?user=grace')" ${url}/api/me

    echo '- who may write documents: Ada 200, Grace 403'
    curl -iw '\\n' -H "$ADA" ${url}/api/docs
    curl -iw '\\n' -H ${token('grace')} ${url}/api/docs

    echo '- what a route sees, and what it cost: a token that was seen before is a hit'
    curl -sw '\\n' -H "$ADA" ${url}/api/auth
    curl -sw '\\n' ${url}/demo/counters

  Ctrl+C stops it.
`
}
