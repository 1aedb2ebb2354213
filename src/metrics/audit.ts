import type { Counter, Gauge, Registry } from 'prom-client'
import type { AuditLogHealth, AuditLogSource } from './options.js'

type Row = readonly [name: string, help: string, read: (health: AuditLogHealth) => number]

const COUNTERS: readonly Row[] = [
  ['audit_written_total', 'Records that the audit sink has taken', (h) => h.written],
  ['audit_dropped_total', 'Records left out because the queue of the audit log was full', (h) => h.dropped],
  ['audit_lost_total', 'Records that the audit sink has refused, or that were left at the end', (h) => h.lost],
  [
    'audit_turned_away_total',
    'Requests refused because the audit log had no room for their record',
    (h) => h.turnedAway
  ]
]

const GAUGES: readonly Row[] = [
  ['audit_ok', '1 while the audit sink takes records', (h) => Number(h.ok)],
  ['audit_queued', 'Records accepted by the audit log and not yet written', (h) => h.queued],
  ['audit_waiting', 'Requests held until the audit log has room for their record', (h) => h.waiting]
]

/** Metrics of an audit log. Without one the series are left out. */
export function collectAudit(
  prometheus: { readonly Counter: typeof Counter; readonly Gauge: typeof Gauge },
  auditLog: AuditLogSource,
  named: (name: string) => string,
  registers: Registry[]
): void {
  for (const [name, help, read] of COUNTERS) {
    new prometheus.Counter({
      name: named(name),
      help,
      registers,
      collect() {
        const health = auditLog.health()
        if (health === null) this.remove()
        else {
          this.reset()
          this.inc(read(health))
        }
      }
    })
  }
  for (const [name, help, read] of GAUGES) {
    new prometheus.Gauge({
      name: named(name),
      help,
      registers,
      collect() {
        const health = auditLog.health()
        if (health === null) this.remove()
        else this.set(read(health))
      }
    })
  }
}
