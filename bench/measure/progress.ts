import process from 'node:process'

/**
 * A line with the current step and the time left. Rewritten in a terminal; elsewhere printed at every tenth of the
 * steps.
 */
export interface Progress {
  step(label: string): void
  done(): void
}

export function createProgress(part: string, steps: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  const startedMs = performance.now()
  let made = 0
  let printed = -1

  return {
    step(label) {
      const elapsedMs = performance.now() - startedMs
      const left = made === 0 ? '' : `, ${Math.ceil(((elapsedMs / made) * (steps - made)) / 1000)} s left`
      const line = `${part} ${made}/${steps}${left}: ${label}`
      const tenth = Math.floor((made / steps) * 10)
      if (stream.isTTY) stream.write(`\r\u001b[K${line.slice(0, (stream.columns ?? 80) - 1)}`)
      else if (tenth !== printed) stream.write(`${line}\n`)
      printed = tenth
      made++
    },
    done() {
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
      stream.write(`${stream.isTTY ? '\r\u001b[K' : ''}${part}: ${seconds} s\n`)
    }
  }
}
