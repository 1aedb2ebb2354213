import { GuardUseError, UnauthorizedError } from '../../core/errors.js'
import { isNamed, nameHook } from '../hook-name.js'
import type {
  GuardDone,
  GuardHook,
  GuardOutcome,
  GuardReply,
  GuardRequest,
  GuardRequirement,
  GuardSettings,
  GuardVerdict,
  SignInRedirect
} from './types.js'

/** Hooks that run before the handler, and can keep a request from it. */
export const GUARDED = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

/** Names of the hooks that guard. */
export const GUARD_NAMES = ['requireAuth', 'authorize'] as const satisfies readonly GuardVerdict['guard'][]

/** What `requireAuth` asks: that somebody is signed in. */
export const SIGNED_IN: GuardRequirement = Object.freeze({
  guard: 'requireAuth',
  conditions: null,
  scopes: Object.freeze([]),
  hasPredicate: false
})

const requirements = new WeakMap<object, GuardRequirement>()

/** What a guard asks of a request; null: the hook is no guard of this package. */
export function requirementOf(hook: unknown): GuardRequirement | null {
  if (typeof hook !== 'function') return null
  // `fastify.getDecorator('requireAuth')` is another function: a bound one, of the same name.
  return requirements.get(hook) ?? (isNamed(hook, ['requireAuth']) ? SIGNED_IN : null)
}

/** Whether a hook is `requireAuth` or was made by `authorize`. */
export function isGuardHook(hook: unknown): boolean {
  return requirementOf(hook) !== null
}

/** Makes the hook that carries out what `judge` says, and notes the verdict when that ends the request. */
export function toGuardHook(
  requirement: GuardRequirement,
  settings: GuardSettings,
  judge: (request: GuardRequest, reply: GuardReply) => GuardOutcome
): GuardHook {
  const { guard } = requirement

  function run(request: GuardRequest, reply: GuardReply, done: GuardDone): void {
    const outcome = judge(request, reply)
    if (outcome === null) {
      done()
      return
    }
    if ('location' in outcome) {
      settings.noteVerdict?.(request, { guard, code: null, isRedirect: true })
      redirect(reply, outcome)
      return
    }
    settings.noteVerdict?.(request, { guard, code: codeOf(outcome.error), isRedirect: false })
    done(outcome.error)
  }

  // Called by hand. After a redirect it rejects as well: what follows the call must not run for a signed-out browser.
  // Fastify drops the error, as the answer is on its way.
  function runByHand(request: GuardRequest, reply: GuardReply): Promise<void> {
    return new Promise((resolve, reject) => {
      run(request, reply, (error) => (error === undefined ? resolve() : reject(error)))
      if (reply.sent === true) reject(new UnauthorizedError('redirected to the sign-in page'))
    })
  }

  function hook(request: GuardRequest, reply: GuardReply, third?: unknown, fourth?: GuardDone): unknown {
    assertRequest(guard, request, reply)
    // `preParsing` hooks get the payload as third argument.
    const done = fourth ?? third
    return typeof done === 'function' ? run(request, reply, done as GuardDone) : runByHand(request, reply)
  }
  nameHook(hook, guard)
  requirements.set(hook, Object.freeze(requirement))
  return hook as GuardHook
}

function redirect(reply: GuardReply, { location, setCookie }: SignInRedirect): void {
  reply.header('cache-control', 'no-store')
  reply.header('set-cookie', setCookie)
  reply.redirect(location)
}

/** `requireAuth()` in the place of `requireAuth` has no request yet. */
function assertRequest(guard: GuardVerdict['guard'], request: unknown, reply: unknown): void {
  if (typeof request === 'object' && request !== null && typeof reply === 'object' && reply !== null) return
  throw new GuardUseError(
    guard === 'requireAuth'
      ? 'requireAuth is passed as it is, { onRequest: requireAuth }, or called by hand with (request, reply)'
      : 'what authorize() returns is passed as a hook, or called by hand with (request, reply)'
  )
}

function codeOf(error: Error): string | null {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : null
}
