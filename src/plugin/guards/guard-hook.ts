import type {
  GuardDone,
  GuardHook,
  GuardOutcome,
  GuardReply,
  GuardRequest,
  GuardSettings,
  GuardVerdict
} from './types.js'

const guardHooks = new WeakSet<object>()

/** Whether a hook is `requireAuth` or was made by `authorize`. */
export function isGuardHook(hook: unknown): boolean {
  return typeof hook === 'function' && guardHooks.has(hook)
}

/** Makes the hook that carries out what `judge` says, and notes the verdict when that ends the request. */
export function toGuardHook(
  guard: GuardVerdict['guard'],
  settings: GuardSettings,
  judge: (request: GuardRequest, reply: GuardReply) => GuardOutcome
): GuardHook {
  const hook: GuardHook = (request: GuardRequest, reply: GuardReply, third: unknown, fourth?: GuardDone) => {
    // `preParsing` hooks get the payload as third argument.
    const done = (fourth ?? third) as GuardDone
    const outcome = judge(request, reply)
    if (outcome === null) {
      done()
      return
    }
    if ('location' in outcome) {
      settings.noteVerdict?.(request, { guard, code: null, isRedirect: true })
      reply.header('cache-control', 'no-store')
      reply.header('set-cookie', outcome.setCookie)
      reply.redirect(outcome.location)
      return
    }
    settings.noteVerdict?.(request, { guard, code: codeOf(outcome.error), isRedirect: false })
    done(outcome.error)
  }
  guardHooks.add(hook)
  return hook
}

function codeOf(error: Error): string | null {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : null
}
