import { createHash } from 'node:crypto'

/** DER of DigestInfo up to the digest (RFC 8017 section 9.2 note 1). */
const SHA256_PREFIX = Buffer.from('3031300d060960864801650304020105000420', 'hex')
const SHA256_PREFIX_WITHOUT_NULL = Buffer.from('302f300b0609608648016503040201' + '0420', 'hex')
const SHA1_PREFIX = Buffer.from('3021300906052b0e03021a05000414', 'hex')
const SHA512_PREFIX = Buffer.from('3051300d060960864801650304020305000440', 'hex')

interface Encoding {
  readonly prefix?: Buffer
  readonly digest?: Buffer
  readonly lead?: readonly number[]
  readonly fill?: number
  readonly separator?: readonly number[]
  /** Octets of padding; default: as many as fit. */
  readonly padding?: number
  /** The byte that fills the message after the digest, up to the length of the modulus. */
  readonly garbage?: number
}

/** EMSA-PKCS1-v1_5 (RFC 8017 section 9.2), with any of its parts replaced. */
function encode(length: number, input: string, encoding: Encoding): Buffer {
  const prefix = encoding.prefix ?? SHA256_PREFIX
  const digest = encoding.digest ?? createHash('sha256').update(input).digest()
  const lead = Buffer.from(encoding.lead ?? [0, 1])
  const separator = Buffer.from(encoding.separator ?? [0])
  const rest = length - lead.length - separator.length - prefix.length - digest.length
  const padding = Buffer.alloc(encoding.padding ?? rest, encoding.fill ?? 0xff)
  const head = Buffer.concat([lead, padding, separator, prefix, digest])
  return Buffer.concat([head, Buffer.alloc(length - head.length, encoding.garbage ?? 0)])
}

/** Encoded messages that lax checkers accept as PKCS #1 v1.5, each with the name of its fault. */
export function brokenPaddings(length: number, input: string): readonly (readonly [name: string, encoded: Buffer])[] {
  const hash = (name: string) => createHash(name).update(input).digest()
  const indefinite = Buffer.from('3080300d060960864801650304020105000420', 'hex')
  const longLength = Buffer.from('308131300d060960864801650304020105000420', 'hex')
  const badOid = Buffer.from(SHA256_PREFIX)
  badOid[14] = 0x02
  const flipped = encode(length, input, {})
  flipped[length >> 1] = 0xfe
  return [
    ['block type 0', encode(length, input, { lead: [0, 0] })],
    ['block type 2', encode(length, input, { lead: [0, 2] })],
    ['a padding of zeros', encode(length, input, { fill: 0 })],
    ['one padding octet other than 0xff', flipped],
    ['no separator', encode(length, input, { separator: [0xff] })],
    ['short padding and garbage after the digest (Bleichenbacher 2006)', encode(length, input, { padding: 8 })],
    ['no padding at all and garbage after the digest', encode(length, input, { padding: 0 })],
    ['padding of seven octets', encode(length, input, { padding: 7, garbage: 0xff })],
    ['DigestInfo without the NULL parameters', encode(length, input, { prefix: SHA256_PREFIX_WITHOUT_NULL })],
    ['DigestInfo of SHA-1', encode(length, input, { prefix: SHA1_PREFIX, digest: hash('sha1') })],
    ['DigestInfo of SHA-512', encode(length, input, { prefix: SHA512_PREFIX, digest: hash('sha512') })],
    ['DigestInfo of SHA-256 around a SHA-1 digest', encode(length, input, { digest: hash('sha1') })],
    ['an object identifier that is not SHA-256', encode(length, input, { prefix: badOid })],
    ['an indefinite length', encode(length, input, { prefix: indefinite })],
    ['a long-form length', encode(length, input, { prefix: longLength })],
    ['the digest alone', encode(length, input, { prefix: Buffer.alloc(0) })],
    ['an empty digest', encode(length, input, { digest: Buffer.alloc(0) })],
    ['the digest of nothing', encode(length, '', {})]
  ]
}

/** A message up to its digest: a checker that ignores the bytes after the digest accepts any message that begins so. */
export function prefixOfLaxMessage(input: string): Buffer {
  const digest = createHash('sha256').update(input).digest()
  return Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(8, 0xff), Buffer.from([0]), SHA256_PREFIX, digest])
}

export function properPadding(length: number, input: string): Buffer {
  return encode(length, input, {})
}
