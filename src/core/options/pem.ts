import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { parseJwk } from '../jwk.js'

export type PemProblem = 'malformed' | 'private' | 'not-rsa' | 'size'
export type PemResult =
  | { readonly ok: true; readonly pems: readonly string[] }
  | { readonly ok: false; readonly problem: PemProblem }

interface Block {
  readonly label: string
  readonly der: Buffer
}

// Three dozen RSA 8192 keys fit. A longer text is refused unread.
const MAX_LENGTH = 65_536
const PRIVATE_LABEL = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----/
const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----/g

/**
 * The RSA public keys in a PEM text (RFC 7468), each as canonical SPKI PEM. Takes what environment files and secret
 * stores make of one: CRLF, one line, spaces or literal `\n` for line breaks, several blocks, or the bare base64 body.
 */
export function parsePublicKeyPem(text: string): PemResult {
  if (text.length > MAX_LENGTH) return { ok: false, problem: 'malformed' }
  // By its label alone: an encrypted private key (RFC 1421) has headers and is no plain PEM, but private all the same.
  if (PRIVATE_LABEL.test(text)) return { ok: false, problem: 'private' }
  const blocks = parseBlocks(text)
  if (blocks === null) return { ok: false, problem: 'malformed' }
  const pems: string[] = []
  for (const { label, der } of blocks) {
    if (isPrivate(der)) return { ok: false, problem: 'private' }
    const key = importKey(label, der)
    if (key === null) return { ok: false, problem: 'malformed' }
    const problem = judge(key)
    if (problem !== null) return { ok: false, problem }
    pems.push(key.export({ type: 'spki', format: 'pem' }).toString())
  }
  return { ok: true, pems }
}

function parseBlocks(text: string): readonly Block[] | null {
  const lines = text.replaceAll('\\r', '\n').replaceAll('\\n', '\n')
  if (!lines.includes('-----')) {
    const der = decodeBody(lines)
    return der === null ? null : [{ label: 'PUBLIC KEY', der }]
  }
  const blocks: Block[] = []
  for (const [, label = '', body = ''] of lines.matchAll(BLOCK)) {
    const der = decodeBody(body)
    if (der === null) return null
    blocks.push({ label, der })
  }
  // Text around the blocks is refused: half a block is such text, and it would go unnoticed.
  return blocks.length === 0 || lines.replaceAll(BLOCK, '').trim() !== '' ? null : blocks
}

function decodeBody(body: string): Buffer | null {
  const digits = body.replaceAll(/\s+/g, '')
  return digits !== '' && /^[A-Za-z0-9+/]+={0,2}$/.test(digits) ? Buffer.from(digits, 'base64') : null
}

function importKey(label: string, der: Buffer): KeyObject | null {
  if (label !== 'PUBLIC KEY' && label !== 'RSA PUBLIC KEY') return null
  return attempt(() => createPublicKey({ key: der, format: 'der', type: label === 'PUBLIC KEY' ? 'spki' : 'pkcs1' }))
}

// createPublicKey would quietly derive the public half, and the private one would stay in the configuration.
function isPrivate(der: Buffer): boolean {
  return (['pkcs8', 'pkcs1', 'sec1'] as const).some(
    (type) => attempt(() => createPrivateKey({ key: der, format: 'der', type })) !== null
  )
}

/** The same rules as for the members of a key set. */
function judge(key: KeyObject): PemProblem | null {
  if (key.asymmetricKeyType !== 'rsa') return 'not-rsa'
  const judged = parseJwk({ ...key.export({ format: 'jwk' }), kid: 'pem' })
  if (typeof judged === 'object') return null
  return judged === 'modulus-size' || (key.asymmetricKeyDetails?.modulusLength ?? 0) > 8192 ? 'size' : 'not-rsa'
}

// OpenSSL's error texts are not for configuration errors, and may quote their input.
function attempt<T>(run: () => T): T | null {
  try {
    return run()
  } catch {
    return null
  }
}
