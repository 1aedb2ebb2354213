import { LOG_LINES } from '../core/log-lines.js'
import { busCauseHelp, callFailureHelp, keyFetchHelp } from './causes.js'
import { errorGroups } from './errors.js'
import type { Help } from './help.js'
import { logLineHelp } from './log-lines.js'
import { machineReasonHelp } from './machine-reasons.js'
import { messageOf } from './message.js'
import { refreshCodeHelp, stateReasonHelp, tokenReasonHelp } from './session-reasons.js'
import { warningHelp } from './warnings.js'

/** Something that has help, and how it is found: its name is the heading, and so the anchor, of its entry in the page. */
export interface Entry {
  readonly name: string
  /** When it is met, and its text with `<…>` where names go; null for a reason or a cause. */
  readonly message: string | null
  readonly help: Help
}

interface Section {
  readonly title: string
  /** 2, or 3 for a section inside the one before. */
  readonly level: number
  readonly introduction: string
  readonly entries: readonly Entry[]
}

/** Null: the text of the line names options. */
function lineMessage(line: string): string | null {
  const lines: Readonly<Record<string, { readonly level: string; readonly text: string }>> = LOG_LINES
  const { level, text } = lines[line] ?? {}
  return text === undefined ? null : `${level}: ${text}`
}

function entriesOf(table: Readonly<Record<string, Help>>, nameOf = (key: string) => key): readonly Entry[] {
  return Object.entries(table).map(([key, help]) => ({ name: nameOf(key), message: messageOf(key), help }))
}

/** `token-invalid` and three others are reasons of both: the page has them apart, with an anchor each. */
function machineName(reason: string): string {
  return reason in tokenReasonHelp ? `${reason} of a machine token` : reason
}

const { 'token-type-mismatch': _, ...tokenReasons } = tokenReasonHelp

export const sections: readonly Section[] = [
  ...errorGroups.map(({ title, introduction, errors }) => ({
    title,
    level: 2,
    introduction,
    entries: entriesOf(errors)
  })),
  {
    title: 'Warnings',
    level: 2,
    introduction: 'Node prints them, and the server starts all the same.',
    entries: entriesOf(warningHelp)
  },
  {
    title: 'Lines of the log',
    level: 2,
    introduction:
      'Warnings and errors of the log, by the name in their `help`. Lines about a code, a reason or a cause name its entry instead.',
    entries: Object.entries(logLineHelp).map(([line, help]) => ({
      name: `log: ${line}`,
      message: lineMessage(line),
      help
    }))
  },
  {
    title: 'Reasons',
    level: 2,
    introduction:
      'Why a request is not signed in: `request.auth.reason`, `error.reason`, the response header `x-clerk-auth-reason`, and the label of metrics.',
    entries: []
  },
  {
    title: 'Reasons of a request',
    level: 3,
    introduction: 'By its cookies, its URL and its headers.',
    entries: entriesOf(stateReasonHelp)
  },
  {
    title: 'Reasons of a session token',
    level: 3,
    introduction: 'It came, and does not verify.',
    entries: entriesOf(tokenReasons)
  },
  {
    title: 'Reasons of an expired session',
    level: 3,
    introduction:
      'The session token has expired, and could not be refreshed on the way. `session-token-expired-refresh-` is followed by one of these, or by a code of Clerk’s, such as `session_is_revoked`.',
    entries: entriesOf(refreshCodeHelp, (code) => `session-token-expired-refresh-${code}`)
  },
  {
    title: 'Reasons of a machine token',
    level: 3,
    introduction: 'It came, and does not verify.',
    entries: entriesOf(machineReasonHelp, machineName)
  },
  {
    title: 'Causes',
    level: 2,
    introduction: 'Why something else than the request is in the way: words of `health()`, of the log and of metrics.',
    entries: []
  },
  {
    title: 'Causes of a failed fetch',
    level: 3,
    introduction:
      '`keys.lastError` of `health()`, `failure` of log lines, and the boot error: one of these words, often with the code of the system or the HTTP status after it, as `dns-ENOTFOUND` or `http-503`.',
    entries: entriesOf(keyFetchHelp, (word) => `fetch: ${word}`)
  },
  {
    title: 'Causes of a failed call',
    level: 3,
    introduction: 'A call of Clerk’s Backend API for a session, a handshake or a machine token.',
    entries: entriesOf(callFailureHelp, (word) => `call: ${word}`)
  },
  {
    title: 'Causes of a bus that is away',
    level: 3,
    introduction: '`revocation.bus.cause` of `health()`, and `cause` of log lines about the bus.',
    entries: entriesOf(busCauseHelp, (word) => `bus: ${word}`)
  }
]

const INTRODUCTION = `# When something is wrong

<!-- Made by \`npm run pages\` from the tables beside this file and from \`src/core/errors/\`: change those. -->

Every code, every reason and every warning that this package gives, with its cause and the first thing to do about it. A
heading is the code or reason itself. Errors that answer with 500 or more name their place here in \`error.help\`; so do
warnings and errors of the log in \`help\`, and warnings of the process in their detail. In a terminal:

\`\`\`sh
npx fastify-clerk-auth help FST_CLERK_OPTION_NO_KEY_SOURCE
npx fastify-clerk-auth help jwk-kid-mismatch
\`\`\`

A cure that says “nothing” is for an answer that is meant to be.
`

/** The text of README.md in this folder. */
export function renderPage(): string {
  return `${INTRODUCTION}\n${sections.map(renderSection).join('\n')}`
}

function renderSection({ title, level, introduction, entries }: Section): string {
  const heading = `${'#'.repeat(level)} ${title}\n\n${introduction}\n`
  return [heading, ...entries.map((entry) => renderEntry(entry, level + 1))].join('\n')
}

function renderEntry({ name, message, help }: Entry, level: number): string {
  const lines = [`${'#'.repeat(level)} ${name}`, '']
  if (message !== null) lines.push(`> ${message.replaceAll('<', '\\<')}`, '')
  lines.push(
    `**Cause:** ${help.cause}\\`,
    `**Cure:** ${help.cure}${help.see === undefined ? '' : ` [Manual](../${help.see}).`}`,
    ''
  )
  return lines.join('\n')
}
