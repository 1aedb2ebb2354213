import type { SyntaxNode } from './syntax.js'

/** Replaces `text.slice(start, end)`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Something that is not understood: the file it is in is left as it is. */
export interface Refusal {
  readonly line: number
  readonly message: string
}

/** Gathers what is to be done in a file. */
export class Changes {
  readonly edits: Edit[] = []
  readonly refusals: Refusal[] = []
  readonly notes: Refusal[] = []
  /** The proxy of the Frontend API is registered, and has to be imported. */
  needsProxy = false

  replace(node: { readonly start: number; readonly end: number }, text: string): void {
    this.edits.push({ start: node.start, end: node.end, text })
  }

  insert(at: number, text: string): void {
    this.edits.push({ start: at, end: at, text })
  }

  refuse(node: SyntaxNode, message: string): void {
    const { line } = node.loc.start
    if (this.refusals.some((before) => before.line === line && before.message === message)) return
    this.refusals.push({ line, message })
  }

  /** The change is made, and somebody should look at it. */
  note(node: SyntaxNode, message: string): void {
    this.notes.push({ line: node.loc.start.line, message })
  }
}

/** Of edits at one place insertions come first, in their order. Null: edits overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string | null {
  let result = ''
  let from = 0
  for (const edit of [...edits].sort((one, other) => one.start - other.start || one.end - other.end)) {
    if (edit.start < from) return null
    result += text.slice(from, edit.start) + edit.text
    from = edit.end
  }
  return result + text.slice(from)
}
