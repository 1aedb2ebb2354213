import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { AuditEarlyRoutesError } from '../core/errors.js'
import {
  coveredEarlyRoutes,
  type EarlyRoute,
  type EarlyRoutesSetting,
  isAllowed,
  nameRoutes,
  routesSoFar
} from '../plugin/early-routes.js'
import { FASTIFY_RANGE } from '../plugin/fastify-range.js'
import { refuseAtReady } from '../plugin/refuse-at-ready.js'
import { addFirstHook, addRouteHook } from '../plugin/scopes.js'
import { Abandoned } from './abandoned.js'
import { loadAgentParser } from './agent-parser.js'
import { createChain, parseSealedLine } from './chain.js'
import { kAddress, keepAddress } from './client-left.js'
import { createDevices } from './device.js'
import { createIdentities } from './identity.js'
import { createJournal, type Journal } from './journal.js'
import { type AuditOptions, type AuditSettings, readAuditOptions } from './options.js'
import type { RecorderParts } from './recorder.js'
import {
  type AuditedRequest,
  assertIntact,
  hookNotFound,
  hookRoute,
  kErrorCode,
  kIsRefused,
  kNote
} from './route-hooks.js'
import type { AuditHealth, AuditNote } from './types.js'

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * Adds to the request's audit record. A request with a note is recorded whatever its method and answer. Notes of
     * several calls are merged; of two values for a name the later one counts.
     */
    audit(note: AuditNote): void
  }
  interface FastifyInstance {
    readonly auditLog: AuditLog
  }
}

/** `fastify.auditLog` */
export interface AuditLog {
  /** Resolves when every record accepted so far is written. */
  flush(): Promise<void>
  health(): AuditHealth
}

async function auditLog(fastify: FastifyInstance, options: AuditOptions): Promise<void> {
  const settings = readAuditOptions(options, fastify.log)
  const before = routesSoFar(fastify)
  await settings.sink.open()
  const journal = await openJournal(settings)
  const { redact: redaction, now } = settings
  const parseAgent = settings.parseAgent === undefined ? await loadAgentParser() : settings.parseAgent
  const parts: RecorderParts = {
    journal,
    identify: createIdentities(redaction),
    describeDevice: createDevices(parseAgent, redaction, now),
    redaction,
    address: settings.address
  }
  const abandoned = new Abandoned()

  fastify.decorate('auditLog', { flush: journal.flush, health: journal.health })
  fastify.decorateRequest(kNote, null)
  fastify.decorateRequest(kErrorCode, null)
  fastify.decorateRequest(kIsRefused, null)
  fastify.decorateRequest(kAddress, null)
  fastify.decorateRequest('audit', function addNote(this: FastifyRequest, note: AuditNote): void {
    const request = this as AuditedRequest
    request[kNote] = { ...request[kNote], ...note }
  })

  const hooked: RouteOptions[] = []
  addRouteHook(fastify, (route) => {
    if (hookRoute(route, parts, settings.whenFull === 'wait', abandoned)) hooked.push(route)
  })
  const hookName = hookNotFound(fastify, parts)
  if (settings.address !== 'none') addFirstHook(fastify, keepAddress)
  refuseAtReady(fastify, () => {
    refuseEarlyRoutes(coveredEarlyRoutes(fastify, before, hookName, hooked.length === 0), settings.earlyRoutes)
    for (const route of hooked) assertIntact(route)
  })

  closeAtExit(journal)
  fastify.addHook('onClose', async () => {
    abandoned.finish()
    await journal.close()
    open.delete(journal)
    if (open.size === 0) process.off('exit', closeOpen)
  })
}

const open = new Set<Journal>()

/** One listener for all: with one each, Node would take the eleventh server of a process for a leak, and warn. */
function closeAtExit(journal: Journal): void {
  // Prepended, because pino ends its streams in 'exit' listeners of its own.
  if (open.size === 0) process.prependListener('exit', closeOpen)
  open.add(journal)
}

function closeOpen(): void {
  for (const journal of open) journal.closeSync()
}

async function openJournal(settings: AuditSettings): Promise<Journal> {
  const { chain, sink } = settings
  const lastLine = chain === null ? null : ((await sink.lastLine?.()) ?? null)
  const previousHash = lastLine === null ? null : (parseSealedLine(lastLine)?.hash ?? null)
  return createJournal({
    ...settings,
    writer: randomBytes(8).toString('base64url'),
    chain: chain === null ? null : createChain(chain.key, previousHash)
  })
}

/** Such routes would go unrecorded, without a sign of it. */
function refuseEarlyRoutes(early: readonly EarlyRoute[], allowed: EarlyRoutesSetting): void {
  const routes = early.filter((route) => !isAllowed(route, allowed))
  if (routes.length > 0) throw new AuditEarlyRoutesError(nameRoutes(routes))
}

/**
 * Writes one record per audited request, after the response: who, from which device, did what to what, and whether it
 * was allowed. Register it after `fastify-clerk-auth` and before the routes.
 */
export const audit = fastifyPlugin(auditLog, { fastify: FASTIFY_RANGE, name: 'fastify-clerk-auth/audit' })
