import {
  NoKeySourceError,
  OptionSecretKeyMissingError,
  OptionTypeError,
  OptionValueError,
  SignInUrlMissingError
} from '../errors.js'
import { type Logger, silentLogger } from '../logger.js'
import { backendApiUrl, cookieSuffix, originalFrontendApi } from '../publishable-key.js'
import { checkAcceptsToken, namedOpaqueType } from './accepts-token.js'
import {
  checkBoolean,
  checkBooleanVariable,
  checkChoice,
  checkFunction,
  checkInteger,
  checkLogger,
  checkNumber,
  checkText,
  checkTextList,
  checkTexts
} from './checks.js'
import {
  assertMembers,
  describeType,
  type Environment,
  type Given,
  type Members,
  member,
  memberOrVariable
} from './given.js'
import {
  resolveJwksCache,
  resolveMachineTokens,
  resolveOrganizationSync,
  resolveRevocation,
  resolveTokenCache
} from './groups.js'
import { hideSecrets } from './hidden-secrets.js'
import type { ClerkAuthOptions } from './input.js'
import { assertSameInstanceType, checkJwtKeys, checkKeySet, checkPublishableKey, checkSecretKey } from './keys.js'
import { GROUPS, HINTS, OPTIONS } from './names.js'
import type { ResolvedOptions } from './resolved.js'
import { MAX_INSTANCES } from './resolver.js'
import { assertSatellite } from './satellite.js'
import {
  assertOrigins,
  checkBaseUrl,
  checkDomain,
  checkPageUrl,
  checkProxyUrl,
  isAbsoluteUrl,
  isCleartextUrl
} from './urls.js'

export interface OptionSeams {
  /** `process.env`, or `{}` where one instance's keys must not complete another's (instances made by a resolver). */
  readonly env: Environment
  /** Used when the options name no logger; also takes the warnings about legal but risky settings. */
  readonly logger?: Logger
}

/**
 * Checks options once, completes them from the environment and with defaults, and freezes the result. Throws a coded
 * error for the first thing that does not fit; no message contains a value that was given.
 */
export function resolveOptions(input: ClerkAuthOptions | undefined, { env, logger }: OptionSeams): ResolvedOptions {
  const options = assertMembers({ name: '', value: input }, OPTIONS, HINTS)
  const option = (name: keyof ClerkAuthOptions): Given => member(options, name)
  const fromEnv = (name: keyof ClerkAuthOptions, variable: string): Given =>
    memberOrVariable(options, name, env, variable)

  const publishable = checkPublishableKey(fromEnv('publishableKey', 'CLERK_PUBLISHABLE_KEY'))
  const secret = checkSecretKey(fromEnv('secretKey', 'CLERK_SECRET_KEY'))
  assertSameInstanceType(publishable, secret)
  const machineSecretKey = fromEnv('machineSecretKey', 'CLERK_MACHINE_SECRET_KEY')
  const machineSecret = checkSecretKey(machineSecretKey, 'the secret key of the machine (ak_…)')
  const jwtKeys = checkJwtKeys(fromEnv('jwtKey', 'CLERK_JWT_KEY'))
  const jwksGroup = assertMembers(option('jwks'), GROUPS.jwks)
  const jwksCache = resolveJwksCache(jwksGroup)
  const jwks = checkKeySet(member(jwksGroup, 'keys'), jwksCache.maxKeys)
  if (publishable === null && secret === null && jwtKeys.length === 0 && jwks === null) throw new NoKeySourceError()

  const instanceType = publishable?.instanceType ?? secret?.instanceType ?? null
  const frontendApi = publishable?.frontendApi ?? null
  const domain = checkDomain(fromEnv('domain', 'CLERK_DOMAIN')) ?? ''
  const isSatellite = checkBooleanOrVariable(options, 'isSatellite', env, 'CLERK_IS_SATELLITE')
  const proxyUrl = checkProxyUrl(fromEnv('proxyUrl', 'CLERK_PROXY_URL')) ?? ''
  const signInUrl = checkPageUrl(fromEnv('signInUrl', 'CLERK_SIGN_IN_URL')) ?? ''
  assertSatellite({ isSatellite, domain, proxyUrl, signInUrl, instanceType })
  const issuingHost = publishable === null ? null : originalFrontendApi(publishable, { isSatellite, domain })

  const acceptsToken = checkAcceptsToken(option('acceptsToken'), 'session_token')
  // M2M and OAuth tokens may be JWTs, which need no call.
  const opaqueType = namedOpaqueType(acceptsToken)
  if (secret === null && opaqueType !== null) {
    throw new OptionSecretKeyMissingError(`acceptsToken with "${opaqueType}"`)
  }
  const requireAuthRedirect = checkBoolean(option('requireAuthRedirect'), false)
  if (requireAuthRedirect && signInUrl === '') throw new SignInUrlMissingError()

  const authorizedParties = checkTextList(option('authorizedParties')) ?? Object.freeze([])
  assertOrigins('authorizedParties', authorizedParties)

  const resolved: ResolvedOptions = {
    publishableKey: publishable?.text ?? null,
    instanceType,
    frontendApi,
    originalFrontendApi: issuingHost,
    cookieSuffix: publishable === null ? '' : cookieSuffix(publishable.text),
    secretKey: secret?.text ?? null,
    machineSecretKey: machineSecret?.text ?? null,
    jwtKeys,
    jwks,
    jwksCache,
    apiUrl: checkBaseUrl(fromEnv('apiUrl', 'CLERK_API_URL')) ?? backendApiUrl(frontendApi ?? ''),
    apiVersion: checkApiVersion(fromEnv('apiVersion', 'CLERK_API_VERSION')),
    apiTimeoutInMs: checkInteger(option('apiTimeoutInMs'), { min: 100, max: 60_000, fallback: 5_000 }),
    audience: checkTexts(option('audience')) ?? Object.freeze([]),
    authorizedParties,
    issuers: resolveIssuers(option('issuer'), frontendApi, issuingHost, proxyUrl),
    reportOnly: resolveReportOnly(option('reportOnly')),
    clockSkewInMs: checkNumber(option('clockSkewInMs'), { min: 0, max: 3_600_000, fallback: 5_000 }),
    acceptsToken,
    domain,
    isSatellite,
    satelliteAutoSync: checkBoolean(option('satelliteAutoSync'), false),
    proxyUrl,
    signInUrl,
    signUpUrl: checkPageUrl(fromEnv('signUpUrl', 'CLERK_SIGN_UP_URL')) ?? '',
    handshake: checkBoolean(option('handshake'), true),
    debugHeaders: checkChoice(option('debugHeaders'), ['full', 'reason', false], 'full'),
    requireAuthRedirect,
    defaultDeny: checkBoolean(option('defaultDeny'), false),
    organizationSyncOptions: resolveOrganizationSync(option('organizationSyncOptions')),
    tokenCache: resolveTokenCache(option('tokenCache')),
    machineTokens: resolveMachineTokens(option('machineTokens')),
    revocation: resolveRevocation(option('revocation')),
    maxInstances: checkInteger(option('maxInstances'), MAX_INSTANCES),
    now: checkFunction(option('now'), Date.now),
    // Looked up per call, so that instrumentation installed later is used too.
    fetch: checkFunction<typeof fetch>(option('fetch'), (resource, init) => globalThis.fetch(resource, init)),
    logger: checkLogger(option('logger'), logger ?? silentLogger)
  }
  warnOfRisks(resolved)
  return Object.freeze(hideSecrets(resolved))
}

/** A boolean option, or its variable. Text counts for the variable only: an option is never coerced. */
function checkBooleanOrVariable(options: Members, name: string, env: Environment, variable: string): boolean {
  const given = member(options, name)
  if (given.value !== undefined) return checkBoolean(given, false)
  return checkBooleanVariable(memberOrVariable(options, name, env, variable), false)
}

function checkApiVersion(given: Given): string {
  const text = checkText(given) ?? 'v1'
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/.test(text))
    throw new OptionValueError(given.name, 'one segment of a path, such as v1')
  return text
}

/** Empty: not checked. With a path as `proxyUrl` its origin is not known here and never taken from a request. */
function resolveIssuers(
  given: Given,
  frontendApi: string | null,
  issuingHost: string | null,
  proxyUrl: string
): readonly string[] {
  if (given.value === null) return Object.freeze([])
  const issuers = checkTexts(given)
  if (issuers !== undefined) return issuers
  if (frontendApi === null) return Object.freeze([])
  const derived = new Set([`https://${frontendApi}`, `https://${issuingHost}`])
  if (isAbsoluteUrl(proxyUrl)) derived.add(proxyUrl).add(proxyUrl.replace(/\/+$/, ''))
  return Object.freeze([...derived])
}

function resolveReportOnly(given: Given): ResolvedOptions['reportOnly'] {
  const { name, value } = given
  if (value !== undefined && !Array.isArray(value)) throw new OptionTypeError(name, 'a list', describeType(value))
  const rules: readonly unknown[] = value ?? []
  if (rules.some((rule) => rule !== 'issuer' && rule !== 'authorizedParties')) {
    throw new OptionValueError(name, 'a list of "issuer" and "authorizedParties"')
  }
  return Object.freeze({ issuer: rules.includes('issuer'), authorizedParties: rules.includes('authorizedParties') })
}

/** Legal settings that may be a mistake: one line each, at registration. */
function warnOfRisks({ logger, ...options }: ResolvedOptions): void {
  const warn = (option: string, message: string) => logger.warn({ code: 'FST_CLERK_OPTION_RISK', option }, message)
  if (options.secretKey !== null && isCleartextUrl(options.apiUrl)) {
    warn('apiUrl', 'apiUrl is plain http to another machine: the secret key can be read on the way')
  }
  if (options.reportOnly.issuer && options.issuers.length === 0) {
    warn('reportOnly', 'reportOnly lists "issuer", but no issuer is checked: give publishableKey or issuer')
  }
  if (options.reportOnly.authorizedParties && options.authorizedParties.length === 0) {
    warn('reportOnly', 'reportOnly lists "authorizedParties", but there are none: give authorizedParties')
  }
}
