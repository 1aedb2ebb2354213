import { HINTS } from '../../core/options/instance-options.js'

/** What becomes of an option of `clerkPlugin`. */
export type OptionChange =
  | { readonly is: 'kept' }
  | { readonly is: 'renamed'; readonly to: string }
  | { readonly is: 'removed' }
  | { readonly is: 'refused'; readonly hint: string }

/** Options that have an effect on a client of the Backend API alone. */
export const OF_CLIENT: readonly string[] = ['telemetry', 'sdkMetadata', 'userAgent']

/** Options whose absence changes nothing here: each has no effect, or no choice. */
const REMOVED = new Set([...OF_CLIENT, 'hookName', 'afterSignInUrl', 'afterSignUpUrl'])

const RENAMED: Readonly<Record<string, string>> = { __internal_enableHandshake: 'handshake' }

export function changeOfOption(name: string): OptionChange {
  if (REMOVED.has(name)) return { is: 'removed' }
  const to = Object.hasOwn(RENAMED, name) ? RENAMED[name] : undefined
  if (to !== undefined) return { is: 'renamed', to }
  const hint = Object.hasOwn(HINTS, name) ? HINTS[name] : undefined
  return hint === undefined ? { is: 'kept' } : { is: 'refused', hint }
}
