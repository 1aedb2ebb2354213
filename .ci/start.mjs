// `npm start`. Asks for the port before it builds, so that nobody waits for a build only to learn that the port is taken.
import { spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { port: { type: 'string' } }, strict: false })
const port = Number(values.port ?? process.env.PORT ?? '3000')

// What is no port, the command itself refuses.
if (Number.isInteger(port) && port > 0 && port <= 65_535 && (await isTaken())) {
  process.stderr.write(`Port ${port} is taken. A free one: npm start -- --port 0\n`)
  process.exit(1)
}
const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
  stdio: 'inherit',
  shell: process.platform === 'win32'
})
if (status !== 0) process.exit(status ?? 1)
await import('../dist/cli/index.cjs')

function isTaken() {
  const probe = createServer()
  return new Promise((resolve) => {
    probe.once('error', ({ code }) => resolve(code === 'EADDRINUSE'))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(false)))
  })
}
