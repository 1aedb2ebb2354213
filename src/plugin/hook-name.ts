const PREFIX = 'fastify-clerk-auth.'
const AUTHENTICATE = 'authenticate.'
/** Name of the hook by which the audit log sees answers. It changes none of them. */
export const AUDIT_ANSWER = 'audit.answer'

/**
 * Names a hook so that it is recognised where Fastify prints the hooks of a route: by the plugin at boot, and by readers
 * of `printRoutes({ includeHooks: true })`. No function of an application has such a name by accident.
 */
export function nameHook<T extends object>(hook: T, name: string): T {
  return Object.defineProperty(hook, 'name', { value: `${PREFIX}${name}` })
}

/** Whether a hook has one of these names, bound or not: `fastify.getDecorator()` binds. */
export function isNamed(hook: unknown, names: readonly string[]): boolean {
  return typeof hook === 'function' && names.some((name) => hook.name.replace(/^(bound )+/, '') === PREFIX + name)
}

/** Whether a hook of this name is among those of a route, as Fastify prints them. */
export function isPrinted(hooks: string, name: string): boolean {
  return hooks.includes(`${PREFIX}${name}()"`)
}

/** The name of the hook that authenticates; the number tells registrations from each other. */
export function authenticateName(registration: number): string {
  return AUTHENTICATE + registration
}

/** Whether a hook authenticates, for whatever registration; bound or not, as Fastify binds the hooks of a route. */
export function isAuthenticateHook(hook: unknown): boolean {
  return typeof hook === 'function' && hook.name.replace(/^(bound )+/, '').startsWith(PREFIX + AUTHENTICATE)
}

/** Whether the hook of any registration is among those of a route, as Fastify prints them. */
export function showsAuthentication(hooks: string): boolean {
  return hooks.includes(PREFIX + AUTHENTICATE)
}
