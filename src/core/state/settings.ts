import type { InstanceSettings } from '../options/instance-settings.js'
import type { Carried } from '../request/carried.js'
import type { VerificationFailureReason } from '../token/outcome.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import type { VerifiedToken } from '../token/verified-token.js'
import { accountPortalOrigin } from './account-portal.js'
import type { Effects } from './effects.js'
import { compileOrganizationTarget, type OrganizationTarget } from './organization-target.js'

/** One instance's settings, effects and refreshes in progress: what every flow takes as its first argument. */
export interface StateContext {
  readonly settings: StateSettings
  readonly effects: Effects
  readonly refresh: RefreshFlow
  /** Why the handshake that this request has brought is refused; null: it brought none, or none that was refused. */
  readonly refusedHandshake: VerificationFailureReason | null
}

/** Trades an expired session token and its refresh token for a new session token. */
export type RefreshFlow = (context: StateContext, carried: Carried, expired: UnverifiedToken) => Promise<RefreshOutcome>

export type RefreshOutcome =
  | { readonly ok: true; readonly verified: VerifiedToken; readonly setCookies: readonly string[] }
  | {
      readonly ok: false
      readonly code: string
      /** The session could not be judged; null: it was, or no attempt can succeed. */
      readonly retryAfterSeconds: number | null
    }

/** The settings that the state machine reads, derived from the options once when an instance is made. */
export interface StateSettings {
  /** False without a publishable key: the names of the cookies, their instance and its FAPI are then unknown. */
  readonly readsCookies: boolean
  readonly isDevelopment: boolean
  readonly isSatellite: boolean
  readonly satelliteAutoSync: boolean
  readonly signInUrl: string
  /**
   * False: no redirects, and a returned handshake is ignored. Set by the option `handshake`, and off without a
   * publishable key, as the host of FAPI is then unknown.
   */
  readonly canHandshake: boolean
  /**
   * Where browsers reach FAPI: proxy URL, satellite host or the host in the publishable key
   * (state/README.md section 1.2).
   */
  readonly frontendApi: string
  /** `frontendApi` without the proxy: the issuer that session tokens name (state/README.md rule 2). */
  readonly originalFrontendApi: string
  /**
   * Origin of the sign-in pages that Clerk hosts. A link from one of them needs no new handshake
   * (state/README.md section 7.1). Empty: not known.
   */
  readonly accountPortalOrigin: string
  /** Suffix of the cookies of this instance; empty without a publishable key. */
  readonly cookieSuffix: string
  readonly organizationTarget: ((pathname: string) => OrganizationTarget | null) | null
}

type StateOptions = Pick<
  InstanceSettings,
  | 'instanceType'
  | 'cookieSuffix'
  | 'frontendApi'
  | 'originalFrontendApi'
  | 'isSatellite'
  | 'satelliteAutoSync'
  | 'proxyUrl'
  | 'signInUrl'
  | 'handshake'
  | 'organizationSyncOptions'
>

/** Throws when an organization pattern does not compile: at registration, not on a request. */
export function createStateSettings(options: StateOptions): StateSettings {
  const originalFrontendApi = options.originalFrontendApi ?? ''
  const patterns = options.organizationSyncOptions
  return {
    readsCookies: options.frontendApi !== null,
    isDevelopment: options.instanceType !== 'production',
    isSatellite: options.isSatellite,
    satelliteAutoSync: options.satelliteAutoSync,
    signInUrl: options.signInUrl,
    canHandshake: options.handshake && options.frontendApi !== null,
    frontendApi: options.proxyUrl === '' ? originalFrontendApi : options.proxyUrl,
    originalFrontendApi,
    // Behind a proxy the host of the portal is unknown, to Clerk's SDK too.
    accountPortalOrigin: options.proxyUrl === '' ? accountPortalOrigin(originalFrontendApi) : '',
    cookieSuffix: options.cookieSuffix,
    organizationTarget:
      patterns === null
        ? null
        : compileOrganizationTarget(patterns.organizationPatterns, patterns.personalAccountPatterns)
  }
}
