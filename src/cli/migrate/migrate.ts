import { changeClient } from './client.js'
import { findClientUses } from './client-uses.js'
import { applyEdits, Changes, type Refusal } from './edits.js'
import { namesIn, type Rename, readStatements, rewriteStatements } from './imports.js'
import { OptionLiterals } from './option-literals.js'
import { changeRegistrations } from './registration.js'
import { identifiersOf, nodeIn, type Parse, type Source } from './syntax.js'

/** What becomes of a file. */
export type Migration =
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'changed'; readonly text: string; readonly notes: readonly Refusal[] }
  /** Something in it is not understood, and so nothing of it is changed. */
  | { readonly outcome: 'refused'; readonly refusals: readonly Refusal[] }

/** Moves a file from `@clerk/fastify` to `fastify-clerk-auth`. `name` says by its ending which language it is in. */
export function migrateText(parse: Parse, text: string, name: string): Migration {
  if (!/clerk/i.test(text)) return { outcome: 'unchanged' }
  const source = parseOr(parse, text, name)
  if ('refusals' in source) return source
  const changes = new Changes()
  change(source, changes)
  if (changes.refusals.length > 0) {
    return { outcome: 'refused', refusals: [...changes.refusals].sort((one, other) => one.line - other.line) }
  }
  if (changes.edits.length === 0) return { outcome: 'unchanged' }
  const changed = applyEdits(text, changes.edits)
  if (changed === null || 'refusals' in parseOr(parse, changed, name))
    return {
      outcome: 'refused',
      refusals: [{ line: 1, message: 'the result would not be a program: this is a fault of migrate' }]
    }
  return { outcome: 'changed', text: changed, notes: changes.notes }
}

function change(source: Source, changes: Changes): void {
  const statements = readStatements(source, changes)
  const names = namesIn(source, statements, changes)
  const literals = new OptionLiterals(source, changes)
  const registrations = names.plugin === null ? [] : changeRegistrations(source, names.plugin, literals, changes)
  if (names.optionsType !== null) literals.changeTyped(names.optionsType.local)
  const uses = findClientUses(source, changes)
  const { lost } = literals
  const request = { statements, registrations, uses, lost, imported: names.client }
  const withCreateClient = changeClient(source, request, changes)
  const renames = [names.plugin, names.optionsType].filter((rename) => rename !== null)
  if (names.optionsType !== null) renameType(source, names.optionsType, changes)
  rewriteStatements(
    source,
    statements,
    new Map(renames.map(({ local, renamed }) => [local, renamed])),
    withCreateClient,
    changes
  )
}

function renameType(source: Source, { local, renamed }: Rename, changes: Changes): void {
  if (local === renamed) return
  for (const identifier of identifiersOf(source, local)) {
    const parent = source.parentOf(identifier)
    if (parent?.type === 'ImportSpecifier') continue
    // What other files import keeps its name.
    const isExported = parent?.type === 'ExportSpecifier' && nodeIn(parent, 'exported')?.start === identifier.start
    changes.replace(identifier, isExported ? `${renamed} as ${local}` : renamed)
  }
}

function parseOr(parse: Parse, text: string, name: string): Source | (Migration & { outcome: 'refused' }) {
  try {
    return parse(text, name)
  } catch (error) {
    const line = lineOf(error)
    return { outcome: 'refused', refusals: [{ line, message: 'the file cannot be parsed from here on' }] }
  }
}

function lineOf(error: unknown): number {
  const { loc } = (error ?? {}) as { readonly loc?: { readonly line?: unknown } }
  return typeof loc?.line === 'number' ? loc.line : 1
}
