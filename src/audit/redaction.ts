import { OptionValueError } from '../core/errors.js'

/** Decides which fields are recorded as null or censored. Compiled at registration; applied when a fragment is made. */
export interface Redaction {
  /** The value to record at a path: the value itself, null, or the censor's result. */
  apply<T>(path: string, value: T): T | string | null
  /** The details with their fields redacted, in a copy; the same object if no path lies in `details`. */
  details(details: Record<string, unknown>): Record<string, unknown>
  readonly touchesAddress: boolean
  readonly touchesRequestId: boolean
}

export type Censor = (value: unknown, path: string) => string | null

/** Fields that may be redacted. All others say what happened and when: a record without them would say nothing. */
const REDACTABLE = [
  'requestId',
  'userId',
  'orgId',
  'actorId',
  'token.id',
  'token.name',
  'token.subject',
  'token.machineId',
  'token.clientId',
  'device.sessionId',
  'device.address',
  'device.userAgent',
  'device.hints',
  'device.browser',
  'device.os',
  'device.kind',
  'target'
] as const

/** Throws for a path that names no field: a misspelt path would redact nothing, unseen. */
export function parseRedaction(paths: readonly string[], censor: Censor | null): Redaction {
  const fields = new Set<string>()
  const detailPaths: string[][] = []
  for (const path of paths) {
    const parts = typeof path === 'string' ? path.split('.') : []
    if (parts[0] === 'details' && parts.length > 1 && !parts.includes('')) detailPaths.push(parts.slice(1))
    else if ((REDACTABLE as readonly string[]).includes(path)) fields.add(path)
    else throw new OptionValueError('audit.redact', `a list of ${REDACTABLE.join(', ')}, or details.<name>`)
  }
  function replace(value: unknown, path: string): string | null {
    if (value === null || value === undefined || censor === null) return null
    try {
      return censor(value, path)
    } catch {
      // Clients choose some values. The record is made all the same, whether in a hook or in a timer, where nobody catches.
      return null
    }
  }
  return {
    apply: (path, value) => (fields.has(path) ? replace(value, path) : value),
    details: (details) => (detailPaths.length === 0 ? details : redactDetails(details, detailPaths, replace)),
    touchesAddress: fields.has('device.address'),
    touchesRequestId: fields.has('requestId')
  }
}

function redactDetails(
  details: Record<string, unknown>,
  paths: readonly string[][],
  replace: (value: unknown, path: string) => string | null
): Record<string, unknown> {
  // Copied by way of JSON: the details are the handler's and may hold getters and class instances.
  const copy = JSON.parse(JSON.stringify(details)) as Record<string, unknown>
  for (const path of paths) redactPath(copy, path, 0, (value) => replace(value, `details.${path.join('.')}`))
  return copy
}

function redactPath(node: unknown, path: readonly string[], depth: number, replace: (value: unknown) => unknown): void {
  if (typeof node !== 'object' || node === null) return
  if (Array.isArray(node)) {
    for (const item of node) redactPath(item, path, depth, replace)
    return
  }
  const name = path[depth] as string
  if (!Object.hasOwn(node, name)) return
  const object = node as Record<string, unknown>
  if (depth === path.length - 1) object[name] = replace(object[name])
  else redactPath(object[name], path, depth + 1, replace)
}
