// Version 2 tokens pack the organization's permissions (auth/README.md section 2): `fea` lists features with their
// scopes, `o.per` lists names, and entry i of `o.fpm` is a bit mask over the names for organization feature i.

const NONE: readonly string[] = Object.freeze([])

// Members with the same role carry the same three texts: they share one decoded list, with no work or memory per token.
// One table for all instances of the process is safe: an entry depends on its texts alone and is frozen. Only texts of
// verified tokens get in, and the table is emptied when it is full.
const decoded = new Map<string, readonly string[]>()
const MAX_DECODED = 500
// The entry found last is the next one too where most members have one role: its key is not put together again.
let last = { features: '', names: '', masks: '', permissions: NONE }

/**
 * Permissions as `org:<feature>:<name>`, frozen, ordered by feature and then by name. A malformed claim gives no
 * permission at all; nothing throws.
 */
export function decodeOrganizationPermissions(features: unknown, names: unknown, masks: unknown): readonly string[] {
  if (typeof features !== 'string' || typeof names !== 'string' || typeof masks !== 'string') return NONE
  if (features === '' || names === '' || masks === '') return NONE
  if (features === last.features && names === last.names && masks === last.masks) return last.permissions
  const key = `${features}\n${names}\n${masks}`
  let permissions = decoded.get(key)
  if (permissions === undefined) {
    permissions = expand(features, names, masks)
    if (decoded.size >= MAX_DECODED) decoded.clear()
    decoded.set(key, permissions)
  }
  last = { features, names, masks, permissions }
  return permissions
}

function expand(features: string, names: string, masks: string): readonly string[] {
  const organizationFeatures = parseOrganizationFeatures(features)
  if (organizationFeatures === null) return NONE
  const nameList = names.split(',')
  const maskList = masks.split(',')
  const permissions: string[] = []
  for (let i = 0; i < organizationFeatures.length && i < maskList.length; i++) {
    const bits = parseMask((maskList[i] as string).trim())
    for (let j = 0; j < nameList.length && j < bits.length; j++) {
      const name = (nameList[j] as string).trim()
      if (bits[bits.length - 1 - j] === '1' && name !== '') permissions.push(`org:${organizationFeatures[i]}:${name}`)
    }
  }
  return permissions.length === 0 ? NONE : Object.freeze(permissions)
}

/** Ids of the features in the organization's scope, in order; null when an item has no scope. */
function parseOrganizationFeatures(features: string): string[] | null {
  const ids: string[] = []
  for (const entry of features.split(',')) {
    const item = entry.trim()
    const colon = item.indexOf(':')
    if (colon === -1) return null
    const scope = item.slice(0, colon)
    if (scope === 'o' || scope === 'ou' || scope === 'uo') ids.push(item.slice(colon + 1))
  }
  return ids
}

/** Binary digits of a decimal text, most significant first. BigInt, because a number would lose bits above 2⁵³. */
function parseMask(text: string): string {
  return /^[0-9]+$/.test(text) ? BigInt(text).toString(2) : ''
}
