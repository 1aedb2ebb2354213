import type { ChildProcess } from 'node:child_process'
import process from 'node:process'

/** Sends a message to a forked process and resolves with its next one; rejects when it ends first. */
export function converse<Reply>(child: ChildProcess, message: object): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const forget = () => {
      child.off('message', onMessage)
      child.off('exit', onExit)
    }
    const onMessage = (reply: unknown) => {
      forget()
      resolve(reply as Reply)
    }
    const onExit = (code: number | null, signal: string | null) => {
      forget()
      reject(new Error(`A process of the bench ended early (${signal ?? `exit code ${code}`})`))
    }
    child.on('message', onMessage)
    child.on('exit', onExit)
    child.send(message)
  })
}

/** Disconnects from a forked process, and resolves when it has ended. */
export function release(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.on('exit', () => resolve())
    child.disconnect()
  })
}

/**
 * In a forked process: answers each message with the result of `run`. The process ends when it is released or `run`
 * fails.
 */
export function serve<Job, Reply>(run: (job: Job) => Reply | Promise<Reply>): void {
  process.on('message', async (job: Job) => {
    try {
      process.send?.(await run(job))
    } catch (error) {
      console.error(error)
      process.exit(1)
    }
  })
  process.on('disconnect', () => process.exit(0))
}
