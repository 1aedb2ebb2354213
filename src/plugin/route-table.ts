import type { AcceptsToken } from '../core/options/accepts-token.js'
import type { RoutePolicy } from './route-policy.js'

/** A route and what it asks of a request. */
export interface RouteTableEntry {
  readonly method: string
  readonly url: string
  /**
   * `off`: not authenticated; `public`: authenticated, but open to everybody; `required`: guarded by `defaultDeny` or
   * by a guard among the route's own hooks. Guards among the hooks of a scope are not seen, nor are routes that were
   * registered before the plugin.
   */
  readonly policy: 'off' | 'public' | 'required'
  readonly acceptsToken: AcceptsToken
}

export interface RouteTable {
  readonly entries: readonly RouteTableEntry[]
  add(method: string | readonly string[], url: string, policy: RoutePolicy, isRequired: boolean): void
  print(): string
}

export function createRouteTable(): RouteTable {
  const entries: RouteTableEntry[] = []
  return {
    entries,
    add(method, url, policy, isRequired) {
      entries.push(
        Object.freeze({
          method: typeof method === 'string' ? method : method.join(','),
          url,
          policy: isRequired ? 'required' : policy.isEvaluated ? 'public' : 'off',
          acceptsToken: policy.acceptsToken
        })
      )
    },
    print() {
      const rows = entries.map(({ method, url, policy, acceptsToken }) => [
        policy,
        method,
        url,
        policy === 'off' ? '' : String(acceptsToken)
      ])
      const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
      return rows
        .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
        .map((line) => line.trimEnd())
        .join('\n')
    }
  }
}
