import type { FastifyRequest } from 'fastify'
import type { Instance } from '../core/instance.js'
import { type LOG_LINES, logLine } from '../core/log-lines.js'
import { type IgnoredHeader, ignoredForwardedHeader } from './request-source.js'

/** The causes that have been logged, by instance: a client can cause each line once. */
const warned = new WeakMap<Instance, Set<IgnoredHeader['cause']>>()

/** Logs, once for each cause, that a forwarded header of a request does not count. */
export function warnOfForwardedHeaders(instance: Instance, request: FastifyRequest): void {
  const ignored = ignoredForwardedHeader(request)
  if (ignored === null) return
  const causes = warned.get(instance) ?? new Set()
  warned.set(instance, causes)
  if (causes.has(ignored.cause)) return
  causes.add(ignored.cause)
  logLine(instance.log, IGNORED[ignored.cause], { header: ignored.header })
}

const IGNORED = {
  off: 'forwarded-header-ignored',
  'untrusted-peer': 'forwarded-header-of-untrusted-peer',
  'x-forwarded-proto': 'cloudfront-header-ignored'
} as const satisfies Readonly<Record<IgnoredHeader['cause'], keyof typeof LOG_LINES>>
