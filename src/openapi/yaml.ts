import { createRequire } from 'node:module'

interface Yaml {
  stringify(value: unknown, options: object): string
}

/**
 * The document as YAML, by the package that `@fastify/swagger` writes it with. Where that cannot be found, as in an
 * application that was built into one file, it is JSON, which is YAML too.
 */
export function stringifyYaml(document: object): string {
  return findYaml()?.stringify(document, { strict: false }) ?? JSON.stringify(document, null, 2)
}

function findYaml(): Yaml | null {
  try {
    const require = createRequire(import.meta.url)
    return createRequire(require.resolve('@fastify/swagger'))('yaml') as Yaml
  } catch {
    return null
  }
}
