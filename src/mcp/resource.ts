/** A protected resource, with the names that follow from its URL. */
export interface Resource {
  /** As it was given. */
  readonly url: string
  /** Its path; empty for that of the whole origin. */
  readonly path: string
  /** URL of its metadata document (RFC 9728 section 3.1). */
  readonly metadataUrl: string
  /** What a token may name as its audience: clients that read the URL write `https://api.example.com` with a slash. */
  readonly audience: readonly string[]
}

export const WELL_KNOWN_RESOURCE = '/.well-known/oauth-protected-resource'

/** Whether an audience names the resource. */
export function isFor(resource: Resource, audience: readonly string[]): boolean {
  return resource.audience.some((name) => audience.includes(name))
}

export function describeResource(url: string): Resource {
  const { origin, pathname, href } = new URL(url)
  const path = pathname === '/' ? '' : pathname
  const spellings = path === '' ? [url, origin, href] : [url, href]
  return Object.freeze({
    url,
    path,
    metadataUrl: `${origin}${WELL_KNOWN_RESOURCE}${path}`,
    audience: Object.freeze([...new Set(spellings)])
  })
}
