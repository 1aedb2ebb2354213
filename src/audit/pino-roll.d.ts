// pino-roll has no types of its own.
declare module 'pino-roll' {
  type Stream = import('./pino-sink.js').FullStream & { readonly fd: number }

  export default function roll(options: Readonly<Record<string, unknown>>): Promise<Stream>
}
