/**
 * Decodes strict base64url (RFC 4648 section 5, RFC 7515 section 2) into `target` and gives the number of bytes, or -1
 * when `text` is not the one canonical spelling of any bytes: the URL-safe alphabet only, no padding, no white space,
 * zero trailing bits. Node's decoder skips unknown characters and takes both alphabets, so that several texts would be
 * one token. Encoding the bytes again and comparing shows every such deviation, and is quicker than searching for them.
 */
export function decodeBase64url(text: string, target: Buffer): number {
  const length = target.write(text, 0, 'base64url')
  return target.toString('base64url', 0, length) === text ? length : -1
}

/** Whether a whole text is canonical base64url. */
export function isBase64url(text: string): boolean {
  return decodeBase64url(text, Buffer.allocUnsafe(text.length)) !== -1
}
