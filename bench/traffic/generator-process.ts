import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { converse, release } from '../measure/child.js'

/** A load generator in a forked process. `send` resolves with its counts. */
export interface GeneratorProcess<Job, Counted> {
  send(job: Job): Promise<Counted>
  close(): Promise<void>
}

export function startGenerator<Job extends object, Counted>(file: string): GeneratorProcess<Job, Counted> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [])
  return {
    send: (job) => converse<Counted>(child, job),
    close: () => release(child)
  }
}
