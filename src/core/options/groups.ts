import { pathToRegexp } from 'path-to-regexp'
import { OptionPatternError, OptionRangeError } from '../errors.js'
import { checkBoolean, checkChoice, checkInteger, checkMethods, checkText, checkTextList } from './checks.js'
import { assertMembers, type Given, type Members, member } from './given.js'
import type { KeySetSnapshotStore } from './input.js'
import { GROUPS } from './names.js'
import type { ResolvedJwksCache, ResolvedOptions } from './resolved.js'

export function resolveOrganizationSync(given: Given): ResolvedOptions['organizationSyncOptions'] {
  if (given.value === undefined) return null
  const group = assertMembers(given, GROUPS.organizationSyncOptions)
  return Object.freeze({
    organizationPatterns: checkPatterns(member(group, 'organizationPatterns')),
    personalAccountPatterns: checkPatterns(member(group, 'personalAccountPatterns'))
  })
}

function checkPatterns(given: Given): readonly string[] {
  const patterns = checkTextList(given) ?? Object.freeze([])
  for (const [index, pattern] of patterns.entries()) {
    try {
      pathToRegexp(pattern)
    } catch {
      throw new OptionPatternError(`${given.name}[${index}]`)
    }
  }
  return patterns
}

export function resolveJwksCache(group: Members): ResolvedJwksCache {
  const duration = (name: string, min: number, max: number, fallback: number) =>
    checkInteger(member(group, name), { min, max, fallback })
  const cacheMaxAgeInMs = duration('cacheMaxAgeInMs', 10_000, 86_400_000, 300_000)
  // The default gives way to a short maximum age; a value that was given does not.
  const aheadFallback = Math.min(60_000, Math.floor(cacheMaxAgeInMs / 2))
  const refreshAheadInMs = duration('refreshAheadInMs', 0, 86_400_000, aheadFallback)
  if (refreshAheadInMs >= cacheMaxAgeInMs)
    throw new OptionRangeError('jwks.refreshAheadInMs', 'less than jwks.cacheMaxAgeInMs')
  return Object.freeze({
    cacheMaxAgeInMs,
    refreshAheadInMs,
    staleIfErrorInMs: duration('staleIfErrorInMs', 0, 604_800_000, 14_400_000),
    cooldownInMs: duration('cooldownInMs', 0, 3_600_000, 1_000),
    timeoutInMs: duration('timeoutInMs', 100, 60_000, 3_000),
    maxBytes: checkInteger(member(group, 'maxBytes'), { min: 1_024, max: 1_048_576, fallback: 65_536 }),
    maxKeys: checkInteger(member(group, 'maxKeys'), { min: 1, max: 256, fallback: 32 }),
    warmUp: checkChoice(member(group, 'warmUp'), ['wait', 'wait-or-degrade', 'background', false], 'background'),
    pollWhenIdle: checkBoolean(member(group, 'pollWhenIdle'), false),
    snapshot: checkSnapshot(member(group, 'snapshot'))
  })
}

function checkSnapshot(given: Given): string | KeySetSnapshotStore | null {
  if (typeof given.value === 'string') return checkText(given) ?? null
  return checkMethods<KeySetSnapshotStore | null>(given, ['get', 'set'], null)
}

export function resolveTokenCache(given: Given): ResolvedOptions['tokenCache'] {
  const group = assertMembers(given, GROUPS.tokenCache)
  return Object.freeze({
    maxEntries: checkInteger(member(group, 'maxEntries'), { min: 1, max: 10_000_000, fallback: 50_000 }),
    maxBytes: checkInteger(member(group, 'maxBytes'), { min: 65_536, max: 4_294_967_296, fallback: 67_108_864 })
  })
}

export function resolveMachineTokens(given: Given): ResolvedOptions['machineTokens'] {
  const group = assertMembers(given, GROUPS.machineTokens)
  const ttl = { min: 0, max: 300_000, fallback: 10_000 }
  return Object.freeze({
    cacheTtlInMs: checkInteger(member(group, 'cacheTtlInMs'), ttl),
    negativeCacheTtlInMs: checkInteger(member(group, 'negativeCacheTtlInMs'), ttl),
    maxEntries: checkInteger(member(group, 'maxEntries'), { min: 1, max: 1_000_000, fallback: 10_000 }),
    maxConcurrency: checkInteger(member(group, 'maxConcurrency'), { min: 1, max: 1_000, fallback: 16 }),
    jwtOnly: checkBoolean(member(group, 'jwtOnly'), false)
  })
}

export function resolveRevocation(given: Given): ResolvedOptions['revocation'] {
  const group = assertMembers(given, GROUPS.revocation)
  return Object.freeze({
    maxEntries: checkInteger(member(group, 'maxEntries'), { min: 1_000, max: 10_000_000, fallback: 250_000 }),
    bus: checkMethods<ResolvedOptions['revocation']['bus']>(
      member(group, 'bus'),
      ['open', 'publish', 'health', 'close'],
      null
    )
  })
}
