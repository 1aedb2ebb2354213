import { isUnchecked } from '../authorized-parties.js'
import { NoKeySourceError, OptionSecretKeyMissingError, OptionValueError, SignInUrlMissingError } from '../errors.js'
import { type Logger, silentLogger } from '../logger.js'
import { backendApiUrl, cookieSuffix, originalFrontendApi, parsePublishableKey } from '../publishable-key.js'
import { warnOfRisk } from '../risk-warning.js'
import { nameOpaque, opaqueAsked } from './accepts-token.js'
import { deriveIssuers } from './claims.js'
import type { Environment } from './given.js'
import { type ClerkAuthOptions, HINTS, OPTIONS } from './instance-options.js'
import { assertSameInstanceType, instanceTypeOfSecretKey } from './keys.js'
import { assertSatellite } from './satellite.js'
import { hideSecrets } from './secrets.js'
import { openOptions, type Reader, readEach, type SettingsOf } from './table.js'
import { isCleartextUrl } from './urls.js'

/**
 * The settings of one instance: one of the same name for each option, and those that follow from several options. Every
 * field is present, no default is left to be filled in, and the whole is deeply frozen.
 */
export interface InstanceSettings extends Omit<SettingsOf<typeof OPTIONS>, 'apiUrl' | 'issuer' | 'logger'> {
  readonly instanceType: 'development' | 'production' | null
  /** FAPI host decoded from the publishable key. */
  readonly frontendApi: string | null
  /** Host that un-suffixed tokens carry as `iss`: `clerk.` + `domain` on a production satellite, else `frontendApi`. */
  readonly originalFrontendApi: string | null
  /** Eight characters that end the names of suffixed cookies; `''` without a publishable key. */
  readonly cookieSuffix: string
  /** Without a trailing slash. */
  readonly apiUrl: string
  /** Accepted `iss` values. Empty: not checked (instance unknown and option `issuer` not given, or `issuer: null`). */
  readonly issuers: readonly string[]
  readonly logger: Logger
}

export interface InstanceContext {
  /** `process.env`; `{}` for instances that a resolver names, which must not get the keys of another from it. */
  readonly env: Environment
  /** Used when the options name no logger; also takes the warnings about legal but risky settings. */
  readonly logger?: Logger
}

/**
 * Checks options once, completes them from the environment and with defaults, and freezes the result. Throws a coded
 * error for the first option that does not fit; no message contains a value that was given.
 */
export function readInstanceOptions(
  options: ClerkAuthOptions | undefined,
  { env, logger = silentLogger }: InstanceContext
): InstanceSettings {
  const given = openOptions(OPTIONS, options, { env, hints: HINTS })
  const { issuer, ...read } = readEach(OPTIONS, given)
  const { publishableKey, secretKey, isSatellite, domain, proxyUrl, signInUrl } = read

  const publishable = publishableKey === null ? null : parsePublishableKey(publishableKey)
  const secretInstanceType = instanceTypeOfSecretKey(secretKey)
  assertSameInstanceType(
    { name: given('publishableKey').name, instanceType: publishable?.instanceType ?? null },
    { name: given('secretKey').name, instanceType: secretInstanceType }
  )
  if (publishableKey === null && secretKey === null && read.jwtKey.length === 0 && read.jwks.keys === null) {
    throw new NoKeySourceError()
  }
  const instanceType = publishable?.instanceType ?? secretInstanceType
  assertSatellite({ isSatellite, domain, proxyUrl, signInUrl, instanceType })
  // M2M and OAuth tokens may be JWTs, which are verified without a call.
  const opaque = opaqueAsked(read.acceptsToken, read.machineTokens.jwtOnly)
  if (secretKey === null && opaque !== null) {
    throw new OptionSecretKeyMissingError(`acceptsToken with ${nameOpaque(opaque)}`)
  }
  if (read.requireAudience !== null && read.audience.length === 0) {
    throw new OptionValueError('requireAudience', 'given together with audience, or by the routes that have one')
  }
  if (read.revocation.whenBusIsAway === 'refuse' && read.revocation.bus === null) {
    throw new OptionValueError('revocation.whenBusIsAway', '"local" without revocation.bus')
  }
  if (read.requireAuthRedirect && signInUrl === '') throw new SignInUrlMissingError()

  const frontendApi = publishable?.frontendApi ?? null
  const issuingHost = publishable === null ? null : originalFrontendApi(publishable, { isSatellite, domain })
  const settings: InstanceSettings = {
    ...read,
    instanceType,
    frontendApi,
    originalFrontendApi: issuingHost,
    cookieSuffix: publishableKey === null ? '' : cookieSuffix(publishableKey),
    apiUrl: read.apiUrl ?? backendApiUrl(frontendApi ?? ''),
    issuers: issuer ?? deriveIssuers(frontendApi, issuingHost, proxyUrl),
    logger: read.logger ?? logger
  }
  warnOfRisks(settings)
  return Object.freeze(hideSecrets(settings, SECRETS))
}

const SECRETS = Object.entries<Reader<unknown>>(OPTIONS).flatMap(([name, { isSecret }]) => (isSecret ? [name] : []))

function warnOfRisks({ logger, ...settings }: InstanceSettings): void {
  if (settings.secretKey !== null && isCleartextUrl(settings.apiUrl)) {
    warnOfRisk(logger, 'apiUrl', 'api-cleartext')
  }
  if (settings.reportOnly.issuer && settings.issuers.length === 0) {
    warnOfRisk(logger, 'reportOnly', 'report-only-without-issuer')
  }
  if (settings.reportOnly.authorizedParties && isUnchecked(settings.authorizedParties)) {
    warnOfRisk(logger, 'reportOnly', 'report-only-without-parties')
  }
}
