import type { FastifyInstance } from 'fastify'
import { findEntries } from '../../help/find.js'
import type { Explanation } from '../../index.js'

/** An explanation, and what the manual says of its reason, or of the code that a guard refused with. */
interface Answer extends Explanation {
  readonly help: { readonly cause: string; readonly cure: string } | null
}

/** As many as a page has a use for: each is asked for as soon as its response is there. */
const KEPT = 500

/** Explains every call of the playground's application. Its response names the request by which the page asks for it. */
export function registerExplanations(app: FastifyInstance): void {
  const latest = new Map<string, Answer>()

  app.addHook('onSend', async (request, reply, payload) => {
    if (!request.url.startsWith('/api/')) return payload
    const explanation = app.clerk.explain(request)
    if (explanation === null) return payload
    reply.header('x-request-id', request.id)
    latest.set(request.id, { ...explanation, help: helpFor(explanation) })
    for (const id of latest.keys()) if (latest.size > KEPT) latest.delete(id)
    return payload
  })

  app.get<{ Querystring: { id?: string } }>('/demo/why', { config: { clerk: false } }, ({ query }, reply) => {
    const answer = latest.get(query.id ?? '')
    return answer ?? reply.code(404).send({ message: 'This call is not known, or was too long ago.' })
  })
}

function helpFor({ state, reason, verdict }: Explanation): Answer['help'] {
  // A request that is signed in can only be refused by a guard; of all others the reason says more than the guard's code.
  const name = state === 'signed-in' ? verdict?.code : reason
  const [entry] = findEntries(name ?? '')
  return entry === undefined ? null : { cause: entry.help.cause, cure: entry.help.cure }
}
