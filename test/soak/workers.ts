/** Part of the load: ends when its requests under way are answered. */
export interface Load {
  stop(): Promise<void>
}

/** So many clients, each sending its next request when it has its answer. */
export function startWorkers(count: number, sendOne: (n: number) => Promise<void>): Load {
  let isStopped = false
  let sent = 0
  async function work(): Promise<void> {
    while (!isStopped) await sendOne(sent++)
  }
  const workers = Array.from({ length: count }, work)
  return {
    async stop() {
      isStopped = true
      await Promise.all(workers)
    }
  }
}
