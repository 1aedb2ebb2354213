/** Draws a time in milliseconds. */
export type Latency = () => number

/**
 * A log-normal latency, given by its median and its 99th percentile: most answers come soon after the median, a few much
 * later, as over a real network.
 */
export function createLatency(medianMs: number, p99Ms: number, random: () => number): Latency {
  const sigma = Math.log(p99Ms / medianMs) / NORMAL_P99
  return () => medianMs * Math.exp(sigma * drawNormal(random))
}

/** The 99th percentile of the standard normal distribution. */
const NORMAL_P99 = 2.326_347_9

/** Box and Muller, 1958. */
function drawNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
