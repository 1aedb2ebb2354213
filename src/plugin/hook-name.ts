const PREFIX = 'fastify-clerk-auth.'

/**
 * Names a hook so that it is recognised where Fastify prints the hooks of a route: by the plugin at boot, and by readers
 * of `printRoutes({ includeHooks: true })`. No function of an application has such a name by accident.
 */
export function nameHook<T extends object>(hook: T, name: string): T {
  return Object.defineProperty(hook, 'name', { value: `${PREFIX}${name}` })
}

/** How Fastify prints a hook of this name. */
export function printedHook(name: string): string {
  return `"${PREFIX}${name}()"`
}
