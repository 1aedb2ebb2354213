import { inspect } from 'node:util'

const SHOWN = '[secret]'

/**
 * Keeps secrets out of what is printed, logged or serialised: the settings themselves, or an object that holds them. A
 * secret stays readable by its name.
 */
export function hideSecrets<T extends object>(settings: T, secrets: readonly string[]): T {
  const show = (): object => {
    const copy = { ...settings } as Record<string, unknown>
    for (const name of secrets) if (copy[name] !== null) copy[name] = SHOWN
    return copy
  }
  return Object.defineProperties(settings, { toJSON: { value: show }, [inspect.custom]: { value: show } })
}
