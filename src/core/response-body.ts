/**
 * The text of a response (UTF-8), or null when its decoded body has more than `maxBytes`: then the rest is not read and
 * the connection is let go. Rejects when the connection breaks or the signal of the fetch fires.
 */
export async function readBody(response: Response, maxBytes: number): Promise<string | null> {
  if (Number(response.headers.get('content-length')) > maxBytes) {
    await discardBody(response)
    return null
  }
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop cancels the stream.
  for await (const chunk of response.body) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) return null
    chunks.push(chunk)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

/** A body that is not read keeps its connection busy. */
export async function discardBody(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {})
}
