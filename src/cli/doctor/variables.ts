import { OPTIONS } from '../../core/options/instance-options.js'
import type { InstanceSettings } from '../../core/options/instance-settings.js'
import type { Reader } from '../../core/options/table.js'
import { parsePublishableKey } from '../../core/publishable-key.js'
import type { ReadEnvironment, Variables } from './environment.js'
import { type Finding, finding } from './finding.js'

const VARIABLES = Object.values<Reader<unknown>>(OPTIONS).flatMap(({ variable }) => variable ?? [])

/** Prefixes with which build tools hand a variable on to the browser. */
const PREFIXES = ['NEXT_PUBLIC_', 'VITE_', 'REACT_APP_', 'EXPO_PUBLIC_', 'NUXT_PUBLIC_', 'PUBLIC_']

/** Names that are taken for one of ours: of earlier versions of Clerk's SDKs, and slips. */
const MISNAMED: Readonly<Record<string, string>> = {
  CLERK_API_KEY: 'CLERK_SECRET_KEY',
  CLERK_SECRET: 'CLERK_SECRET_KEY',
  CLERK_SECRETKEY: 'CLERK_SECRET_KEY',
  CLERK_KEY: 'CLERK_SECRET_KEY',
  CLERK_SK: 'CLERK_SECRET_KEY',
  CLERK_PUBLIC_KEY: 'CLERK_PUBLISHABLE_KEY',
  CLERK_PUBLISHABLEKEY: 'CLERK_PUBLISHABLE_KEY',
  CLERK_PUBLISHABLE: 'CLERK_PUBLISHABLE_KEY',
  CLERK_PUBLISHABLE_API_KEY: 'CLERK_PUBLISHABLE_KEY',
  CLERK_PUBISHABLE_KEY: 'CLERK_PUBLISHABLE_KEY',
  CLERK_PK: 'CLERK_PUBLISHABLE_KEY',
  CLERK_FRONTEND_API: 'CLERK_PUBLISHABLE_KEY',
  CLERK_JWT_PUBLIC_KEY: 'CLERK_JWT_KEY',
  CLERK_PEM_PUBLIC_KEY: 'CLERK_JWT_KEY',
  CLERK_SATELLITE: 'CLERK_IS_SATELLITE',
  CLERK_SATELLITE_DOMAIN: 'CLERK_DOMAIN',
  CLERK_SIGNIN_URL: 'CLERK_SIGN_IN_URL'
}

/** What the environment says besides the values: names that have no effect, and values that another hides. */
export function examineVariables(
  env: Variables,
  environment: ReadEnvironment,
  settings: InstanceSettings | null
): readonly Finding[] {
  const names = examineNames(env)
  return [
    ...environment.overridden
      .filter((name) => VARIABLES.includes(name) || name === 'NODE_ENV')
      .map((name) => finding('variable-overridden', [name])),
    // Without settings the plugin refuses to boot: the value that it misses may be there under the other name.
    ...(settings === null ? names.map((found) => ({ ...found, severity: 'error' as const })) : names),
    ...examineFrontendKeys(env, settings?.publishableKey ?? null)
  ]
}

function examineNames(env: Variables): readonly Finding[] {
  const isSet = (name: string) => env[name] !== undefined && env[name] !== ''
  const prefixed = VARIABLES.flatMap((name) => {
    const found = PREFIXES.map((prefix) => prefix + name).find(isSet)
    const matters =
      found !== undefined && !isSet(name) && (name === 'CLERK_PUBLISHABLE_KEY' || name === 'CLERK_SECRET_KEY')
    return matters ? [finding('variable-misnamed', [found], `This server reads ${name}.`)] : []
  })
  const misnamed = Object.entries(MISNAMED)
    .filter(([name, meant]) => isSet(name) && !isSet(meant))
    .map(([name, meant]) => finding('variable-misnamed', [name], `This server reads ${meant}.`))
  return [...prefixed, ...misnamed]
}

function examineFrontendKeys(env: Variables, publishableKey: string | null): readonly Finding[] {
  const own = publishableKey === null ? null : parsePublishableKey(publishableKey)
  if (own === null) return []
  return PREFIXES.map((prefix) => `${prefix}CLERK_PUBLISHABLE_KEY`)
    .filter((name) => {
      const other = parsePublishableKey(env[name] ?? '')
      return other !== null && other.frontendApi !== own.frontendApi
    })
    .map((name) => finding('frontend-key-of-another-instance', [name, 'publishableKey']))
}

/** Settings that are legal, each for itself, and together likely a slip. */
export function examineSettings(settings: InstanceSettings, env: Variables): readonly Finding[] {
  const { publishableKey, secretKey, instanceType, isSatellite, domain, handshake, authorizedParties } = settings
  const findings: Finding[] = []
  const add = (when: boolean, ...found: Parameters<typeof finding>) => {
    if (when) findings.push(finding(...found))
  }
  add(secretKey !== null && !/^sk_(test|live)_./.test(secretKey), 'secret-key-form', ['secretKey'])
  add(env.NODE_ENV === 'production' && instanceType === 'development', 'development-keys-in-production', [
    'publishableKey',
    'secretKey'
  ])
  add(domain !== '' && !isSatellite, 'domain-without-satellite', ['domain'])
  add(publishableKey === null, 'no-publishable-key', ['publishableKey'])
  add(publishableKey !== null && secretKey === null && handshake, 'no-secret-key', ['secretKey'])
  const parties = typeof authorizedParties === 'function' ? null : authorizedParties
  add(parties?.length === 0, 'no-authorized-parties', ['authorizedParties'])
  const areLocal = parties !== null && parties.length > 0 && parties.every(isLocalOrigin)
  add(areLocal && instanceType === 'production', 'authorized-parties-local', ['authorizedParties'])
  return findings
}

function isLocalOrigin(origin: string): boolean {
  return /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\]|.+\.localhost)(:\d+)?$/.test(origin)
}
