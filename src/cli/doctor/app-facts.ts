/** The member under which the facts are sent: the application may have messages for its parent too. */
export const APP_FACTS = 'fastify-clerk-auth doctor'

/** What the process that has loaded the application says of it. */
export type AppFacts =
  | {
      readonly kind: 'ready'
      readonly hasPlugin: boolean
      readonly open: readonly string[]
      readonly uncovered: readonly string[]
    }
  /** `message`: of an error of this package alone, whose texts are constant. */
  | { readonly kind: 'failed'; readonly name: string; readonly code: string | null; readonly message: string | null }
  | { readonly kind: 'not-a-server' }
