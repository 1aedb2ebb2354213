import type { GuardDone, GuardHook, GuardReply, GuardRequest } from './refusal.js'

const guardHooks = new WeakSet<object>()

/** Whether a hook is one of ours, so that a route can be seen to be guarded. */
export function isGuardHook(hook: unknown): boolean {
  return typeof hook === 'function' && guardHooks.has(hook)
}

/** Takes `done` from where the hook has it: a payload stands before it in `preParsing`. */
export function toGuardHook(guard: (request: GuardRequest, reply: GuardReply, done: GuardDone) => void): GuardHook {
  const hook: GuardHook = (request: GuardRequest, reply: GuardReply, third: unknown, fourth?: GuardDone) => {
    guard(request, reply, (fourth ?? third) as GuardDone)
  }
  guardHooks.add(hook)
  return hook
}
