import { ForbiddenError, GuardUseError, UnauthorizedError } from '../../core/errors.js'
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

/** Name of the hooks that refuse as if the route did not exist. */
const HIDING = 'authorize.hidden'

/** Names of the hooks that guard. */
export const GUARD_NAMES = ['requireAuth', 'authorize', HIDING] as const

/** What `requireAuth` asks: that somebody is signed in. */
export const SIGNED_IN: GuardRequirement = Object.freeze({
  guard: 'requireAuth',
  conditions: null,
  scopes: Object.freeze([]),
  hasPredicate: false,
  isHidden: false
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

/** Whether a hook refuses as if the route did not exist; bound or not, as Fastify binds the hooks of a route. */
export function isHidingHook(hook: unknown): boolean {
  return isNamed(hook, [HIDING])
}

/** Makes the hook that carries out what `judge` says, and notes the verdict when that ends the request. */
export function toGuardHook(
  requirement: GuardRequirement,
  settings: GuardSettings,
  judge: (request: GuardRequest, reply: GuardReply) => GuardOutcome | Promise<GuardOutcome>
): GuardHook {
  const { guard } = requirement

  function run(request: GuardRequest, reply: GuardReply, done: GuardDone): void {
    const outcome = judge(request, reply)
    if (outcome instanceof Promise) {
      outcome.then(
        (settled) => carryOut(settled, request, reply, done),
        (error) => {
          if (error instanceof Error) done(error)
          // A rejection without an error would be no error to Fastify, and let the request pass: it refuses.
          else carryOut({ error: new ForbiddenError(), isHidden: requirement.isHidden }, request, reply, done)
        }
      )
      return
    }
    carryOut(outcome, request, reply, done)
  }

  function carryOut(outcome: GuardOutcome, request: GuardRequest, reply: GuardReply, done: GuardDone): void {
    if (outcome === null) {
      done()
      return
    }
    const note = (verdict: Omit<GuardVerdict, 'guard'>) => settings.noteVerdict?.(request, { guard, ...verdict })
    if ('location' in outcome) {
      note({ code: null, isRedirect: true, isHidden: false })
      redirect(reply, outcome)
      return
    }
    const { error, isHidden = false } = outcome
    const verdict = { code: codeOf(error), isRedirect: false, isHidden }
    if (isHidden && settings.answerAsNothingThere !== undefined) {
      settings.answerAsNothingThere(request, reply, () => note(verdict))
      return
    }
    note(verdict)
    done(error)
  }

  // Called by hand. After an answer of its own it rejects as well: what follows the call must not run for a refused
  // request. Fastify drops the error, as the answer is on its way.
  function runByHand(request: GuardRequest, reply: GuardReply): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = () => reject(new UnauthorizedError('the guard has answered the request'))
      run(request, reply, (error) => (error === undefined ? resolve() : reject(error)))
      if (reply.sent === true) refuse()
      // The answer may be sent later, by a not-found handler that waits for something.
      else if (requirement.isHidden) reply.raw?.once('close', refuse)
    })
  }

  function hook(request: GuardRequest, reply: GuardReply, third?: unknown, fourth?: GuardDone): unknown {
    assertRequest(guard, request, reply)
    // `preParsing` hooks get the payload as third argument.
    const done = fourth ?? third
    return typeof done === 'function' ? run(request, reply, done as GuardDone) : runByHand(request, reply)
  }
  nameHook(hook, requirement.isHidden ? HIDING : guard)
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
