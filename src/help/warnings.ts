import type { Help } from './help.js'

/** Codes of warnings that Node prints (`process.on('warning')`): the server starts all the same. */
export const warningHelp = {
  FST_CLERK_OPTION_RISK: {
    cause:
      'A setting is legal and may be a mistake, as a secret key that travels by plain http. A `ClerkAuthWarning` of the process, and a line of the log.',
    cure: 'The message says what the setting does, and what to set instead. If it is meant, leave it: each is given once.'
  },
  FST_CLERK_LOCAL_PACKAGE: {
    cause: 'The local Clerk is to show Clerk’s own frontend, and a package of it is not installed.',
    cure: 'Install the package that the message names as a development dependency.',
    see: 'local/README.md#a-whole-application-offline'
  }
} satisfies Record<string, Help>
