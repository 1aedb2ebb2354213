#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { renderGreeting } from './greeting.js'
import { startPlayground } from './playground.js'

const help = `fastify-clerk-auth: starts the playground, an application and a local Clerk instance on this machine.

  --port <n>   port of the application (default: PORT, else 3000; 0 takes a free one)
  --help       this text
`

/** Starts the playground and returns the exit code, or null while it runs. */
async function main(): Promise<number | null> {
  let port: number
  try {
    const { values } = parseArgs({ options: { port: { type: 'string' }, help: { type: 'boolean' } } })
    if (values.help) {
      process.stdout.write(help)
      return 0
    }
    port = parsePort(values.port ?? process.env.PORT ?? '3000')
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${help}`)
    return 2
  }

  try {
    const playground = await startPlayground({ port })
    process.stdout.write(renderGreeting(playground.url, playground.clerk.origin ?? ''))
    const stop = () => {
      playground.close().finally(() => process.exit(0))
    }
    process.once('SIGINT', stop).once('SIGTERM', stop)
    return null
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    process.stderr.write(taken ? `Port ${port} is taken: try --port 0\n` : `${messageOf(error)}\n`)
    return 1
  }
}

function parsePort(text: string): number {
  const port = Number(text)
  if (text.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError('The port must be a whole number from 0 to 65535.')
  }
  return port
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

const exitCode = await main()
if (exitCode !== null) process.exitCode = exitCode
