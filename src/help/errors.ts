import type { ClerkAuthErrorCode } from '../core/error-code.js'
import { entryErrors } from './entry-errors.js'
import type { Help } from './help.js'
import { optionErrors } from './option-errors.js'
import { registrationErrors } from './registration-errors.js'
import { requestErrors } from './request-errors.js'

export interface ErrorGroup {
  readonly title: string
  readonly introduction: string
  readonly errors: Readonly<Record<string, Help>>
}

/** The order of the page. */
export const errorGroups: readonly ErrorGroup[] = [
  { title: 'Errors of requests', introduction: 'A running server meets these.', errors: requestErrors },
  { title: 'Errors of registration', introduction: 'The server does not start.', errors: registrationErrors },
  {
    title: 'Errors of options',
    introduction:
      'An option does not fit, and the server does not start. The message names the option and never prints its value.',
    errors: optionErrors
  },
  {
    title: 'Errors of other entries',
    introduction: 'An entry cannot be set up, or is called wrongly.',
    errors: entryErrors
  }
]

/** A code without help does not compile, nor does help for a code that no error has. */
export const errorHelp: Readonly<Record<ClerkAuthErrorCode, Help>> = {
  ...requestErrors,
  ...registrationErrors,
  ...optionErrors,
  ...entryErrors
}
