import type { ClerkAuthOptions } from '../../../src/core/options/instance-options.js'

type Setup = readonly [name: string, instanceType: 'development' | 'production', options?: Partial<ClerkAuthOptions>]

/** Instances that decide differently, for tests that compare the hot path with the state machine. */
export const SETUPS: readonly Setup[] = [
  ['production', 'production'],
  ['development', 'development'],
  ['production satellite', 'production', { isSatellite: true, domain: 'example.com' }],
  [
    'development satellite',
    'development',
    {
      isSatellite: true,
      domain: 'example.com',
      signInUrl: 'https://primary.example/sign-in'
    }
  ],
  ['no handshake', 'production', { handshake: false }],
  [
    'organization sync',
    'production',
    {
      organizationSyncOptions: { organizationPatterns: ['/orgs/:id'], personalAccountPatterns: ['/'] }
    }
  ],
  [
    'organization sync by slug',
    'production',
    {
      organizationSyncOptions: { organizationPatterns: ['/orgs/:slug', '/orgs/:slug/(.*)'] }
    }
  ]
]
