import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A load generator in a process of its own; `send` resolves with what it counted. */
export interface GeneratorProcess<Job, Counted> {
  send(job: Job): Promise<Counted>
  close(): Promise<void>
}

export function startGenerator<Job extends object, Counted>(file: string): GeneratorProcess<Job, Counted> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [])
  return {
    async send(job) {
      const answered = once(child, 'message') as Promise<[Counted]>
      const died = once(child, 'exit').then(([code]) => {
        throw new Error(`The load generator ended with exit code ${code}`)
      })
      died.catch(() => undefined)
      child.send(job)
      const [counted] = await Promise.race([answered, died])
      return counted
    },
    async close() {
      if (child.exitCode !== null) return
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    }
  }
}
