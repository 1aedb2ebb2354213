import cluster from 'node:cluster'
import { createClusterBroker } from './cluster-broker.js'
import { isOurs, type WorkerMessage } from './cluster-messages.js'
import { SHARES_VARIABLE } from './cluster-source.js'

/**
 * Makes the workers of a `node:cluster` fetch each key set once for all of them. Call it in the primary, before it
 * forks; in a worker, and when called again, it does nothing. Without it, and in worker threads, each fetches for itself.
 */
export function shareKeySets(): void {
  if (!cluster.isPrimary || process.env[SHARES_VARIABLE] === '1') return
  process.env[SHARES_VARIABLE] = '1'
  const broker = createClusterBroker(Date.now, (workerId, message) => {
    const worker = cluster.workers?.[workerId]
    if (worker?.isConnected()) worker.send(message, undefined, () => {})
  })
  cluster.on('message', (worker, message) => {
    if (isOurs(message)) broker.receive(worker.id, message as WorkerMessage)
  })
  cluster.on('exit', (worker) => broker.left(worker.id))
}
