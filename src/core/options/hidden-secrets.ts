import { inspect } from 'node:util'

const SECRETS = ['secretKey', 'machineSecretKey'] as const

const SHOWN = '[secret]'

/**
 * Keeps the secrets of options out of what is printed, logged or serialised, `options` itself or anything that holds
 * it. They stay readable by name.
 */
export function hideSecrets<T extends { readonly [Name in (typeof SECRETS)[number]]: string | null }>(options: T): T {
  const show = (): object => {
    const copy: Record<string, unknown> = { ...options }
    for (const name of SECRETS) if (copy[name] !== null) copy[name] = SHOWN
    return copy
  }
  return Object.defineProperties(options, { toJSON: { value: show }, [inspect.custom]: { value: show } })
}
