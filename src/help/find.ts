import { explainFetchFailure } from '../core/fetch-cause.js'
import { helpAt } from '../core/help-page.js'
import { type Entry, sections } from './page.js'

const entries: readonly Entry[] = sections.flatMap((section) => section.entries)

/** Every name that `findEntries` knows, in the order of the page. */
export const names: readonly string[] = entries.map(({ name }) => name)

/**
 * The entries of a code, a reason or a cause as it stands in a log, or of a line's `help`, whole or from `#` on: several where
 * a word means several things, as `timeout` does. A refresh code of Clerk's own has none.
 */
export function findEntries(text: string): readonly Entry[] {
  const wanted = text.trim().toLowerCase()
  const word = fetchWordOf(text.trim())
  const anchor = wanted.slice(wanted.indexOf('#') + 1)
  return entries.filter(({ name }) => {
    const known = name.toLowerCase()
    return (
      known === wanted ||
      withoutGroup(known) === wanted ||
      known === `${wanted} of a machine token` ||
      known === word ||
      helpAt(name).endsWith(`#${anchor}`)
    )
  })
}

/** A failure of a fetch is a word, and often a code after it: `dns-ENOTFOUND`. */
function fetchWordOf(text: string): string | null {
  const { word, code } = explainFetchFailure(text)
  return code === null ? null : `fetch: ${word}`
}

/** `timeout` of `fetch: timeout`. */
function withoutGroup(name: string): string {
  return name.replace(/^\w+: /, '')
}
