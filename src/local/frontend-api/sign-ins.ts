import type { LocalClient, SignInAttempt } from '../clients.js'
import { liveSession } from '../directives.js'
import { emailOf, type LocalUser } from '../directory.js'
import { apiError, type LocalRequest } from '../http.js'
import { createId } from '../ids.js'
import type { Handler, LocalState } from '../state.js'
import { answer, answerChanged, fieldError, notFound, unknownDevBrowser } from './answers.js'
import { callerOf, readForm } from './caller.js'
import { signInShape } from './shapes.js'

/** The code of every email, as of Clerk's test addresses. */
const EMAIL_CODE = '424242'

/** `POST /v1/client/sign_ins`: begins a sign-in, and completes it where the form has a password or a ticket. */
export const createSignIn: Handler = (request, state) => {
  const client = clientOf(request, state)
  if (client === undefined) return unknownDevBrowser()
  if (liveSession(state, client) !== undefined) return alreadySignedIn()
  const form = readForm(request)
  const strategy = form.get('strategy')
  if (strategy === 'ticket') return signInByTicket(request, state, client, form.get('ticket') ?? '')

  const identifier = form.get('identifier')
  if (identifier === undefined) return begin(request, state, client, null, null)
  const user = findUser(state, identifier)
  if (user === undefined) {
    return fieldError('form_identifier_not_found', 'identifier', "Couldn't find your account.")
  }
  const password = form.get('password')
  if (password !== undefined) {
    if (!hasPassword(user, password)) return wrongPassword()
    return complete(request, state, client, user, identifier)
  }
  return begin(request, state, client, user, identifier, strategy === 'email_code')
}

/** `GET /v1/client/sign_ins/:id`. */
export const showSignInAttempt: Handler = (request, state) => {
  const attempt = attemptOf(request, state)
  return attempt === undefined ? noAttempt() : answer(signInShape(state, attempt.attempt))
}

/** `POST /v1/client/sign_ins/:id/prepare_first_factor`: sends a code, which nobody has to receive. */
export const prepareFirstFactor: Handler = (request, state) => {
  const found = attemptOf(request, state)
  if (found === undefined) return noAttempt()
  if (readForm(request).get('strategy') !== 'email_code') return wrongStrategy()
  found.attempt.isCodeSent = true
  return answerChanged(request, state, found.client, signInShape(state, found.attempt))
}

/** `POST /v1/client/sign_ins/:id/attempt_first_factor`: completes the sign-in by a password or a code. */
export const attemptFirstFactor: Handler = (request, state) => {
  const found = attemptOf(request, state)
  if (found === undefined) return noAttempt()
  const { client, attempt } = found
  const form = readForm(request)
  const user = attempt.userId === null ? undefined : state.directory.user(attempt.userId)
  if (user === undefined) return wrongStrategy()
  const strategy = form.get('strategy')
  if (strategy === 'password') {
    if (!hasPassword(user, form.get('password') ?? '')) return wrongPassword()
  } else if (strategy === 'email_code') {
    if (!attempt.isCodeSent || form.get('code') !== EMAIL_CODE) {
      return fieldError('form_code_incorrect', 'code', 'Incorrect code')
    }
  } else {
    return wrongStrategy()
  }
  return complete(request, state, client, user, attempt.identifier ?? emailOf(user), attempt.id)
}

/** Signs the user in at this browser, and returns the session. */
export function openClientSession(state: LocalState, client: LocalClient, user: LocalUser) {
  const session = state.directory.openSession(user.id, state.now())
  client.sessionId = session.id
  client.updatedAtMs = state.now()
  client.signIn = null
  client.signUp = null
  return session
}

/** In production a browser becomes a client by its first sign-in; in development it is one before. */
export function clientOf(request: LocalRequest, state: LocalState): LocalClient | undefined {
  const known = callerOf(request, state)
  return known === undefined && state.instance.type === 'production' ? state.clients.create() : known
}

export function alreadySignedIn(): Response {
  return apiError(400, 'session_exists', 'This browser is signed in already: sign out first')
}

function signInByTicket(request: LocalRequest, state: LocalState, client: LocalClient, ticket: string): Response {
  const userId = state.signInTokens.redeem(ticket, state.now())
  const user = userId === undefined ? undefined : state.directory.user(userId)
  if (user === undefined) return fieldError('ticket_invalid_code', 'ticket', 'The ticket is unknown, used or expired')
  return complete(request, state, client, user, emailOf(user))
}

function begin(
  request: LocalRequest,
  state: LocalState,
  client: LocalClient,
  user: LocalUser | null,
  identifier: string | null,
  isCodeSent = false
): Response {
  client.signIn = { id: createId('sia'), userId: user?.id ?? null, identifier, isCodeSent }
  return answerChanged(request, state, client, signInShape(state, client.signIn))
}

function complete(
  request: LocalRequest,
  state: LocalState,
  client: LocalClient,
  user: LocalUser,
  identifier: string,
  id = createId('sia')
): Response {
  const session = openClientSession(state, client, user)
  const attempt: SignInAttempt = { id, userId: user.id, identifier, isCodeSent: false }
  return answerChanged(request, state, client, signInShape(state, attempt, session.id))
}

/** The attempt that the path names, if it is this browser's. */
function attemptOf(request: LocalRequest, state: LocalState) {
  const client = callerOf(request, state)
  const attempt = client?.signIn
  if (client === undefined || !attempt || attempt.id !== request.params.id) return undefined
  return { client, attempt }
}

function findUser(state: LocalState, identifier: string): LocalUser | undefined {
  return state.directory.userByEmail(identifier.trim())
}

function hasPassword(user: LocalUser, password: string): boolean {
  return user.password !== undefined && user.password === password
}

function wrongPassword(): Response {
  return fieldError('form_password_incorrect', 'password', 'Password is incorrect. Try again, or use another method.')
}

function wrongStrategy(): Response {
  return fieldError(
    'form_param_value_invalid',
    'strategy',
    'The local Clerk signs in by password, email_code and ticket'
  )
}

function noAttempt(): Response {
  return notFound('This browser has no such sign-in under way')
}
