import type { AuditRecord, AuditSink } from '../../audit/index.js'

/** A sink that keeps the latest records in memory, for the page that shows them. */
export interface AuditTrail {
  readonly sink: AuditSink
  /** Newest first. */
  find(filter: AuditFilter): AuditRecord[]
  /** The users and devices in the records, for the page's filters. */
  seen(): { readonly users: string[]; readonly devices: AuditRecord['device'][] }
}

export interface AuditFilter {
  readonly userId?: string | undefined
  /** Stands for a device: a session is one user on one device. */
  readonly sessionId?: string | undefined
}

const keep = 500
const shown = 100

export function createAuditTrail(): AuditTrail {
  const records: AuditRecord[] = []
  return {
    sink: {
      name: 'memory',
      async open() {},
      async write(lines) {
        for (const line of lines) records.push(JSON.parse(line) as AuditRecord)
        records.splice(0, records.length - keep)
      },
      async close() {}
    },
    find: ({ userId, sessionId }) =>
      records
        .filter((record) => userId === undefined || record.userId === userId)
        .filter((record) => sessionId === undefined || record.device.sessionId === sessionId)
        .slice(-shown)
        .reverse(),
    seen() {
      const devices = new Map<string, AuditRecord['device']>()
      for (const { device } of records) if (device.sessionId !== null) devices.set(device.sessionId, device)
      const users = new Set(records.map(({ userId }) => userId).filter((userId) => userId !== null))
      return { users: [...users].sort(), devices: [...devices.values()].reverse() }
    }
  }
}
