import { SatelliteDomainError, SatelliteSignInUrlError } from '../errors.js'
import { isAbsoluteUrl } from './urls.js'

interface SatelliteOptions {
  readonly isSatellite: boolean
  readonly domain: string
  readonly proxyUrl: string
  readonly signInUrl: string
  readonly instanceType: 'development' | 'production' | null
}

/**
 * A satellite needs its own host, and in development the page of the primary that syncs it
 * (state/README.md section 1.3).
 */
export function assertSatellite(options: SatelliteOptions): void {
  const { isSatellite, domain, proxyUrl, signInUrl, instanceType } = options
  if (!isSatellite) return
  if (domain === '' && proxyUrl === '') throw new SatelliteDomainError()
  const missing = signInUrl === '' && instanceType === 'development'
  // A path would name a page of the satellite itself, where no user can sign in.
  const local = signInUrl !== '' && !isAbsoluteUrl(signInUrl)
  if (missing || local) throw new SatelliteSignInUrlError()
}
