const MAX_SCOPES = 100
const MAX_RESOURCES = 10
const MAX_LENGTH = 2000

/** Null: not there, or more than once. */
export function readOnce(parameters: URLSearchParams, name: string): string | null {
  const values = parameters.getAll(name)
  return values.length === 1 ? (values[0] ?? null) : null
}

/** The words of a scope (RFC 6749 section 3.3), each once; null: not of that form. */
export function readScopes(scope: string | null): readonly string[] | null {
  if (scope === null || scope === '') return []
  if (scope.length > MAX_LENGTH) return null
  const words = [...new Set(scope.split(' '))]
  return words.length <= MAX_SCOPES && words.every((word) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(word)) ? words : null
}

/** The values of `resource` (RFC 8707 section 2), each once; null: one is no absolute URI, or has a fragment. */
export function readResources(parameters: URLSearchParams): readonly string[] | null {
  const resources = [...new Set(parameters.getAll('resource'))]
  const isEach = resources.every((text) => text.length <= MAX_LENGTH && !/[\s#]/.test(text) && URL.canParse(text))
  return resources.length <= MAX_RESOURCES && isEach ? resources : null
}
