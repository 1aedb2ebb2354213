import { type Readable, Transform } from 'node:stream'

/**
 * The bytes of `source`, up to `limit`. Ends with `overflow()` beyond it, and with `broken(cause)` when the source breaks off.
 * The source is not destroyed with it: that of a request is the client's connection, which still needs an answer.
 */
export function limited(
  source: Readable,
  limit: number,
  overflow: () => Error,
  broken: (cause?: Error) => Error
): Readable {
  let bytes = 0
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > limit) done(overflow())
      else done(null, chunk)
    }
  })
  // Without a listener an error ends the process, and a stream may fail before anybody reads it.
  stream.on('error', () => {})
  source.once('error', (error: Error) => stream.destroy(broken(error)))
  source.once('close', () => {
    if (!source.readableEnded) stream.destroy(broken())
  })
  source.pipe(stream)
  return stream
}
