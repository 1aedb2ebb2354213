import { setTimeout as wait } from 'node:timers/promises'
import { type Fault, untilAborted } from './faults.js'

/**
 * A broken connection: the listener destroys the socket, the mounted `fetch` rejects with this error as undici does.
 */
class ConnectionReset extends TypeError {
  constructor() {
    super('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) })
  }
}

/** Answers a request with the fault; `answer` makes the response that the endpoint gives without it. */
export async function applyFault(
  fault: Fault,
  answer: () => Promise<Response> | Response,
  signal: AbortSignal
): Promise<Response> {
  switch (fault.kind) {
    case 'delay':
      await wait(fault.delayInMs, undefined, { signal })
      return answer()
    case 'status':
      return failure(fault)
    case 'hang':
      return untilAborted(new Promise<never>(() => {}), signal)
    case 'reset':
      throw new ConnectionReset()
    case 'truncated':
      return cutInHalf(await answer())
    case 'html':
      return new Response('<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>', {
        headers: { 'content-type': 'text/html; charset=utf-8' }
      })
    case 'wrong-json':
      return Response.json('json' in fault ? fault.json : { message: 'not what you asked for' })
    case 'broken-json':
      return new Response('{"keys":[{"kid":', { headers: { 'content-type': 'application/json' } })
    case 'empty-set':
      return Response.json({ keys: [] })
    case 'oversized':
      return new Response(`{"keys":[],"padding":"${'x'.repeat(fault.bytes ?? 8 * 1024 * 1024)}"}`, {
        headers: { 'content-type': 'application/json' }
      })
    case 'redirect':
      return new Response(null, {
        status: 302,
        headers: { location: fault.location ?? 'https://elsewhere.local.test/jwks' }
      })
    case 'slow-drip':
      return dripped(await answer(), fault.everyInMs ?? 50, fault.chunkBytes ?? 64, signal)
  }
}

function failure(fault: Fault & { kind: 'status' }): Response {
  const code = fault.code ?? (fault.status === 429 ? 'too_many_requests' : 'internal_clerk_error')
  const headers = fault.retryAfter === undefined ? undefined : { 'retry-after': String(fault.retryAfter) }
  return Response.json(
    { errors: [{ code, message: code, long_message: code }] },
    headers === undefined ? { status: fault.status } : { status: fault.status, headers }
  )
}

async function cutInHalf(response: Response): Promise<Response> {
  const body = new Uint8Array(await response.arrayBuffer())
  let sent = false
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) return controller.error(new TypeError('terminated'))
      sent = true
      controller.enqueue(body.subarray(0, body.length >> 1))
    }
  })
  return new Response(stream, {
    status: response.status,
    headers: { 'content-type': 'application/json', 'content-length': String(body.length) }
  })
}

async function dripped(
  response: Response,
  everyInMs: number,
  chunkBytes: number,
  signal: AbortSignal
): Promise<Response> {
  const body = new Uint8Array(await response.arrayBuffer())
  let at = 0
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await wait(everyInMs, undefined, { signal })
      controller.enqueue(body.subarray(at, at + chunkBytes))
      at += chunkBytes
      if (at >= body.length) controller.close()
    }
  })
  return new Response(stream, { status: response.status, headers: response.headers })
}
