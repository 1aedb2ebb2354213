import type * as errors from './errors.js'

type CodeOf<Export> = Export extends new (...args: never) => { code: infer C } ? C : never

/** Every code this package's errors can have, for `switch (error.code)`; follows from the errors themselves. */
export type ClerkAuthErrorCode = { [Name in keyof typeof errors]: CodeOf<(typeof errors)[Name]> }[keyof typeof errors]
