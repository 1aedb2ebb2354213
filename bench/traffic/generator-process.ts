import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { converse, release } from '../measure/child.js'
import { onCore } from '../measure/cores.js'

/** A load generator in a forked process. `send` resolves with its counts. */
export interface GeneratorProcess<Job, Counted> {
  send(job: Job): Promise<Counted>
  close(): Promise<void>
}

/** `core`: where it runs alone; null: anywhere. */
export function startGenerator<Job extends object, Counted>(
  file: string,
  core: number | null = null
): GeneratorProcess<Job, Counted> {
  const { execPath, before } = onCore(core)
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], { execPath, execArgv: [...before] })
  return {
    send: (job) => converse<Counted>(child, job),
    close: () => release(child)
  }
}
