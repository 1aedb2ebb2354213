import type { LocalClient, SignUpFields } from '../clients.js'
import { liveSession } from '../directives.js'
import type { LocalUser } from '../directory.js'
import { apiError, type LocalRequest } from '../http.js'
import { createId } from '../ids.js'
import type { Handler, LocalState } from '../state.js'
import { answer, answerChanged, fieldError, notFound, unknownDevBrowser } from './answers.js'
import { callerOf, readForm } from './caller.js'
import { MIN_PASSWORD_LENGTH } from './environment.js'
import { signUpShape } from './shapes.js'
import { alreadySignedIn, clientOf, openClientSession } from './sign-ins.js'

/** `POST /v1/client/sign_ups`: begins a sign-up, and completes it once it has an email address and a password. */
export const createSignUp: Handler = (request, state) => {
  const client = clientOf(request, state)
  if (client === undefined) return unknownDevBrowser()
  if (liveSession(state, client) !== undefined) return alreadySignedIn()
  return advance(request, state, client, createId('sua'), readFields(request))
}

/** `PATCH /v1/client/sign_ups/:id`: adds to it. */
export const updateSignUp: Handler = (request, state) => {
  const client = callerOf(request, state)
  const attempt = client?.signUp
  if (client === undefined || !attempt || attempt.id !== request.params.id) return noAttempt()
  return advance(request, state, client, attempt.id, { ...attempt.fields, ...readFields(request) })
}

/** `GET /v1/client/sign_ups/:id`. */
export const showSignUp: Handler = (request, state) => {
  const attempt = callerOf(request, state)?.signUp
  return attempt && attempt.id === request.params.id ? answer(signUpShape(attempt)) : noAttempt()
}

function advance(
  request: LocalRequest,
  state: LocalState,
  client: LocalClient,
  id: string,
  fields: SignUpFields
): Response {
  const refusal = checkFields(state, fields)
  if (refusal !== null) return refusal
  const { email, password } = fields
  if (email === undefined || password === undefined) {
    client.signUp = { id, fields }
    return answerChanged(request, state, client, signUpShape(client.signUp))
  }
  const name = [fields.firstName, fields.lastName].filter(Boolean).join(' ')
  const user: LocalUser = { id: createId('user'), email, password, ...(name !== '' && { name }) }
  if (!state.directory.addUser(user)) {
    return apiError(403, 'user_quota_exceeded', 'The local Clerk has all the users that it keeps: start it again')
  }
  const session = openClientSession(state, client, user)
  return answerChanged(request, state, client, signUpShape({ id, fields }, session))
}

function checkFields(state: LocalState, { email, password }: SignUpFields): Response | null {
  if (email !== undefined && !/^[^\s@]+@[^\s@]+$/.test(email)) {
    return fieldError('form_param_format_invalid', 'email_address', 'The email address must be a valid one')
  }
  if (email !== undefined && state.directory.userByEmail(email) !== undefined) {
    return fieldError('form_identifier_exists', 'email_address', 'That email address is taken. Please try another.')
  }
  if (password !== undefined && password.length < MIN_PASSWORD_LENGTH) {
    const message = `Passwords must be ${MIN_PASSWORD_LENGTH} characters or more.`
    return fieldError('form_password_length_too_short', 'password', message)
  }
  return null
}

function readFields(request: LocalRequest): SignUpFields {
  const form = readForm(request)
  const given = {
    email: form.get('email_address')?.trim(),
    password: form.get('password'),
    firstName: form.get('first_name'),
    lastName: form.get('last_name')
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== ''))
}

function noAttempt(): Response {
  return notFound('This browser has no such sign-up under way')
}
