import type { InstanceSettings } from '../../core/options/instance-settings.js'
import { parsePublishableKey } from '../../core/publishable-key.js'
import type { DoctorCause } from './causes.js'
import type { ReadEnvironment, Variables } from './environment.js'
import { type Finding, finding } from './finding.js'
import { examineNames, isForBrowsers, PREFIXES, VARIABLES } from './variable-names.js'

const MISNAMED = 'variable-misnamed' satisfies DoctorCause

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
    ...names.map((found) =>
      settings === null && found.cause === MISNAMED ? { ...found, severity: 'error' as const } : found
    ),
    ...Object.keys(env)
      .filter((name) => isForBrowsers(name) && /^sk_(test|live)_/.test(env[name] ?? ''))
      .map((name) => finding('secret-key-exposed', [name])),
    ...examineFrontendKeys(env, settings?.publishableKey ?? null)
  ]
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
