import { LocalClerkPeerError } from '../core/errors.js'

/** Key and certificate of a TLS server, in PEM. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

/**
 * Makes a self-signed certificate for these host names and 127.0.0.1. Loads the optional peer `selfsigned`.
 * Rejects with `FST_CLERK_LOCAL_PEER` without it.
 */
export async function createCertificate(hosts: readonly string[]): Promise<Certificate> {
  const generate = await importGenerate()
  const names = [...new Set(['localhost', ...hosts])].map((value) => ({ type: 2, value }) as const)
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      // No authority: who trusts it trusts these names, and nothing that its key could sign.
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [...names, { type: 7, ip: '127.0.0.1' }] }
    ]
  })
  return { key, cert }
}

async function importGenerate(): Promise<typeof import('selfsigned').generate> {
  try {
    return (await import('selfsigned')).default.generate
  } catch (cause) {
    throw new LocalClerkPeerError('listen({ tls: true })', 'selfsigned', { cause })
  }
}
