import { emailOf } from './directory.js'
import { userShape } from './frontend-api/shapes.js'
import { apiError, notOffered, readCount, readJson } from './http.js'
import { createId, randomText } from './ids.js'
import type { Handler, LocalState } from './state.js'

// The part of BAPI that tests of a frontend call, such as those with @clerk/testing.

const HOUR_MS = 3_600_000

/** `POST /v1/testing_tokens`: a token that real FAPI takes instead of a proof that no bot asks. Here nothing asks for it. */
export const createTestingToken: Handler = (_request, state) =>
  Response.json({
    object: 'testing_token',
    token: `${Math.floor(state.now() / 1000)}-${randomText(32)}`,
    expires_at: Math.floor((state.now() + HOUR_MS) / 1000)
  })

/** `GET /v1/users`, all or those with one of the `email_address`, `user_id`, by `limit` and `offset`. */
export const listUsers = withKnownFilters(({ url }, state) => {
  const offset = readCount(url.searchParams.get('offset'), 0)
  const users = chosenUsers(url, state).slice(offset, offset + readCount(url.searchParams.get('limit'), 10))
  return Response.json(users.map((user) => userShape(state, user, state.now())))
})

/** `GET /v1/users/count`. */
export const countUsers = withKnownFilters(({ url }, state) =>
  Response.json({ object: 'total_count', total_count: chosenUsers(url, state).length })
)

/** A filter that is ignored would choose users whom the caller has not asked for. */
function withKnownFilters(handler: Handler): Handler {
  return (request, state) => {
    const isKnown = (name: string) => /^(limit|offset|(email_address|user_id)(\[\])?)$/.test(name)
    const all = [...request.url.searchParams.keys()].every(isKnown)
    return all ? handler(request, state) : notOffered('users by other than email_address, user_id, limit, offset')
  }
}

/** `GET /v1/users/:id`. */
export const showUserOfDirectory: Handler = ({ params }, state) => {
  const user = state.directory.user(params.id ?? '')
  return user === undefined ? noUser() : Response.json(userShape(state, user, state.now()))
}

/** `POST /v1/sign_in_tokens`: a ticket by which a browser signs in as the user. */
export const createSignInToken: Handler = (request, state) => {
  const { user_id: userId, expires_in_seconds: seconds } = readJson(request)
  const user = typeof userId === 'string' ? state.directory.user(userId) : undefined
  if (user === undefined) return noUser()
  const lifetimeMs = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : 30 * 24 * HOUR_MS
  const token = state.signInTokens.issue(user.id, state.now() + lifetimeMs)
  return Response.json({
    object: 'sign_in_token',
    id: createId('sit'),
    user_id: user.id,
    token,
    status: 'pending',
    url: `${state.publicOrigin()}/sign-in?__clerk_ticket=${token}`,
    created_at: state.now(),
    updated_at: state.now()
  })
}

function chosenUsers({ searchParams }: URL, { directory }: LocalState) {
  const emails = values(searchParams, 'email_address').map((email) => email.toLowerCase())
  const ids = values(searchParams, 'user_id')
  return directory
    .users()
    .filter((user) => emails.length === 0 || emails.includes(emailOf(user).toLowerCase()))
    .filter((user) => ids.length === 0 || ids.includes(user.id))
}

function values(searchParams: URLSearchParams, name: string): string[] {
  return [...searchParams.getAll(name), ...searchParams.getAll(`${name}[]`)]
}

function noUser(): Response {
  return apiError(404, 'resource_not_found', 'User not found')
}
