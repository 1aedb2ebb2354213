/**
 * The network of an address without its host: the /24 of an IPv4 address, the /48 of an IPv6 address (the prefix of one
 * site, RFC 6177), so that places can be told apart and people cannot. Null for any other text.
 */
export function truncateAddress(address: string): string | null {
  const mapped = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  if (!mapped.includes(':')) {
    const lastDot = mapped.lastIndexOf('.')
    return lastDot > 0 ? `${mapped.slice(0, lastDot)}.0` : null
  }
  const groups = expandGroups(mapped)
  return groups === null ? null : `${groups[0]}:${groups[1]}:${groups[2]}::`
}

/** The first three groups of an IPv6 address, those that `::` stands for included; null for any other text. */
function expandGroups(address: string): [string, string, string] | null {
  const zone = address.indexOf('%')
  const plain = zone === -1 ? address : address.slice(0, zone)
  const gap = plain.indexOf('::')
  const head = (gap === -1 ? plain : plain.slice(0, gap)).split(':')
  if (gap === -1) return head.length === 8 ? [head[0] as string, head[1] as string, head[2] as string] : null
  const tail = plain
    .slice(gap + 2)
    .split(':')
    .filter((group) => group !== '')
  const first = head.filter((group) => group !== '')
  const zeros = 8 - first.length - tail.length
  if (zeros < 0) return null
  const all = [...first, ...Array<string>(zeros).fill('0'), ...tail]
  return [all[0] as string, all[1] as string, all[2] as string]
}
