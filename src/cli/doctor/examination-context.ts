import type { Variables } from './environment.js'

/** The circumstances of an examination, besides the options. */
export interface ExaminationContext {
  readonly env: Variables
  /** The options have a `fetch` of the application's own, which may go through a proxy. */
  readonly ownsFetch: boolean
  /** Nobody is asked for keys. */
  readonly isOffline: boolean
  /** Warnings count as problems. */
  readonly isStrict: boolean
}
