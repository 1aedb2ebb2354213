import { findEntries } from '../../help/find.js'
import { CAUSES, type DoctorCause, type Severity } from './causes.js'
import { codeOf } from './input-error.js'

/** One thing that is wrong, or worth knowing, with what to do about it. */
export interface Finding {
  /** A name of the table of causes, the code of an error of the package, or `fetch-` and the word of a failed fetch. */
  readonly cause: string
  readonly severity: Severity
  /** Names of the options and variables that are to be looked at. */
  readonly options: readonly string[]
  readonly message: string
  readonly cure: string
}

/** A finding of the table. `detail`: what is seen here, as a sentence. */
export function finding(cause: DoctorCause, options: readonly string[] = [], detail = ''): Finding {
  const { severity, message, cure } = CAUSES[cause]
  return { cause, severity, options, message: detail === '' ? message : `${message} ${detail}`, cure }
}

/** The finding of an error that the package throws; null for any other, whose text may hold anything. */
export function findingOfError(error: unknown, options: readonly string[] = []): Finding | null {
  const code = codeOf(error)
  if (!(error instanceof Error) || code === null || !code.startsWith('FST_CLERK_')) return null
  // The texts of the package are constant, and say what to do.
  return { cause: code, severity: 'error', options, message: `${error.message}.`, cure: '' }
}

/** The reason itself, with what the help says of it. */
export function findingOfReason(
  reason: string,
  detail: string | null = '',
  kind: string | null = 'session_token'
): Finding {
  const entries = findEntries(reason)
  const ofMachines =
    kind === 'session_token' ? undefined : entries.find(({ name }) => name.endsWith('of a machine token'))
  const help = (ofMachines ?? entries[0])?.help
  const message = plain(help?.cause ?? 'The request is refused with this reason.')
  return {
    cause: reason,
    severity: 'error',
    options: [],
    message: detail === null || detail === '' ? message : `${message} Here: ${detail}`,
    cure: plain(help?.cure ?? '')
  }
}

/** Without links, which a terminal cannot follow, and without the marks of code. */
export function plain(markdown: string): string {
  return markdown.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll('`', '')
}

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note']
const ORDER = Object.keys(CAUSES)
/** Where one of these is an error, it explains why an option is missing. */
const EXPLAINS_ERRORS: readonly string[] = ['variable-misnamed'] satisfies DoctorCause[]

/** By severity, then by the order of the table. Errors of the package come before it, as nothing works with them. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((a, b) => rankOf(a) - rankOf(b))
}

function rankOf({ severity, cause }: Finding): number {
  const name = cause.startsWith('fetch-') ? AMONG_FETCHES : cause
  const place = severity === 'error' && EXPLAINS_ERRORS.includes(cause) ? -2 : ORDER.indexOf(name)
  return SEVERITIES.indexOf(severity) * 1000 + place
}

/** The cause of the table beside which failed fetches stand that have a word of their own. */
const AMONG_FETCHES = 'not-a-clerk-instance' satisfies DoctorCause
