export type {
  AcceptsToken,
  ClerkAuthOptions,
  DebugHeaders,
  JwksOptions,
  KeySetSnapshotStore,
  MachineTokenOptions,
  OrganizationSyncOptions,
  WarmUp
} from './options/input.js'
export { type OptionSeams, resolveOptions } from './options/resolve.js'
export type { ResolvedJwksCache, ResolvedMachineTokens, ResolvedOptions } from './options/resolved.js'
export { type ResolvedResolverOptions, resolveResolverOptions } from './options/resolver.js'
