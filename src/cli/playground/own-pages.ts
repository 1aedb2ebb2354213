import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'

const OWN_NAMES = ['127.0.0.1', 'localhost', '[::1]']

/**
 * Answers 403 unless the request comes from a page of the playground or from no page. Another page of the user's browser
 * could reach it through a host name of its own that leads to this machine (DNS rebinding), or by a form that it posts.
 */
export function allowOwnPages(request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void {
  const { host, origin } = request.headers
  const isOwn = isOwnHost(`http://${host}`) && (origin === undefined || isOwnHost(origin))
  const isForeignPage = request.headers['sec-fetch-site'] === 'cross-site' && request.method !== 'GET'
  if (isOwn && !isForeignPage) done()
  else reply.code(403).send({ message: 'The playground answers its own pages only: open it at 127.0.0.1' })
}

function isOwnHost(url: string): boolean {
  return URL.canParse(url) && OWN_NAMES.includes(new URL(url).hostname)
}
