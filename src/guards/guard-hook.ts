import type { GuardDone, GuardHook, GuardReply, GuardRequest } from './refusal.js'

/** Takes `done` from where the hook has it: a payload stands before it in `preParsing`. */
export function toGuardHook(guard: (request: GuardRequest, reply: GuardReply, done: GuardDone) => void): GuardHook {
  return (request: GuardRequest, reply: GuardReply, third: unknown, fourth?: GuardDone) => {
    guard(request, reply, (fourth ?? third) as GuardDone)
  }
}
