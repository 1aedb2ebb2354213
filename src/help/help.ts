/** What a reader needs to know of an error, a reason or a cause besides its message. Markdown, without links. */
export interface Help {
  /** Under which condition it comes. */
  readonly cause: string
  /** The first thing to do about it. */
  readonly cure: string
  /** Path of the manual that says more, from `src/`, with its heading. */
  readonly see?: string
}
