// This package on the ways that are not the plain Bearer and cookie hit. Their clients are in bench/first-seen.
import type { Trust } from '../traffic/material.js'
import type { Contender } from './contender.js'
import { createOurs, HERE, type OursOptions, pluginOptions } from './ours.js'

export const TENANTS = 50
export const SATELLITE = 'satellite.test'
export const PATTERN_PATH = '/orgs/acme/me'

export const tenantHost = (tenant: number): string => `t${tenant}.test`

const road = (name: string, more: OursOptions = {}) =>
  createOurs(HERE, { carriers: ['cookie'], ...more, name: `fastify-clerk-auth, ${name}` })

const withOptions = (more: object) => (trust: Trust) => ({ ...pluginOptions(trust), ...more })

/** Tenants share the signing key; the issuer in a token tells its tenant from the others. */
function tenantOptions(trust: Trust): Record<string, unknown> {
  const byHost = new Map(
    Array.from({ length: TENANTS }, (_, tenant) => {
      const publishableKey = `pk_live_${Buffer.from(`clerk.${tenantHost(tenant)}$`).toString('base64')}`
      return [tenantHost(tenant), { ...pluginOptions(trust), publishableKey }]
    })
  )
  return { resolver: ({ hostname }: { hostname: string }) => byHost.get(hostname) }
}

export const roads = {
  tenants: road(`resolver with ${TENANTS} tenants`, { options: tenantOptions }),
  anyType: road("acceptsToken 'any'", { options: withOptions({ acceptsToken: 'any' }) }),
  development: road('development cookies'),
  pageLoad: road('page load with Referer'),
  organizationPattern: road('organization pattern', {
    path: PATTERN_PATH,
    options: withOptions({ organizationSyncOptions: { organizationPatterns: ['/orgs/:slug/(.*)'] } })
  }),
  satellite: road('satellite', {
    options: withOptions({
      isSatellite: true,
      domain: SATELLITE,
      signInUrl: 'https://app.local.test/sign-in'
    })
  }),
  /** An opaque token that Clerk was asked about before. It has no end of its own, so it cannot expire. */
  apiKey: road('API key', {
    carriers: ['bearer'],
    refuses: ['no token', 'a forged token'],
    options: withOptions({ acceptsToken: 'api_key' })
  })
} as const satisfies Record<string, Contender>

export type RoadName = keyof typeof roads
