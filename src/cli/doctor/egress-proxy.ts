import type { Variables } from './environment.js'

const NAMES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']

/**
 * The variable that names a proxy for the host, which `fetch` of this Node does not use; null: there is none. `version`: that of
 * Node, which reads these variables but ALL_PROXY if NODE_USE_ENV_PROXY is 1, from 22.21 and 24.0 on.
 */
export function ignoredProxy(env: Variables, host: string, version = process.versions.node): string | null {
  const name = NAMES.find((one) => (env[one] ?? '') !== '')
  if (name === undefined || isExempt(env, host)) return null
  const isRead = env.NODE_USE_ENV_PROXY === '1' && readsVariables(version) && !/^all/i.test(name)
  return isRead ? null : name
}

function readsVariables(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major >= 24 || (major === 22 && minor >= 21)
}

/** By NO_PROXY: names with or without a dot or a star before them, which stand for what is below them too. */
function isExempt(env: Variables, host: string): boolean {
  const entries = (env.no_proxy || env.NO_PROXY || '').toLowerCase().split(/[\s,]+/)
  return entries.some((entry) => {
    const name = entry.replace(/:\d+$/, '').replace(/^\*?\./, '')
    return entry === '*' || (name !== '' && (host === name || host.endsWith(`.${name}`)))
  })
}
