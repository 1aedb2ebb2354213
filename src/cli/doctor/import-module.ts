/**
 * Loads an ES or CommonJS module of the application by its URL. In a file of its own, as the bundle keeps this `import()`
 * as it is: `require` cannot load a module with a top-level `await`.
 */
export function importModule(url: string): Promise<Readonly<Record<string, unknown>>> {
  return import(url)
}
