export { createRandom } from '../../test/fixtures/seeded-random.js'

/** Returns a copy in random order (Fisher and Yates): every order is equally likely, unlike after sorting at random. */
export function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const shuffled = [...items]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T]
  }
  return shuffled
}

/**
 * Draws indices below `count` by Zipf's law: the first far more often than the last, like the users of an application.
 */
export function createZipf(count: number, random: () => number, exponent = 1): () => number {
  const cumulative: number[] = []
  let total = 0
  for (let rank = 1; rank <= count; rank++) {
    total += 1 / rank ** exponent
    cumulative.push(total)
  }
  return () => {
    const drawn = random() * total
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((cumulative[middle] as number) <= drawn) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Returns `count` items in random order, with each kind in its exact share. Shares have to add up to 1. */
export function mix<T>(shares: ReadonlyMap<() => T, number>, count: number, random: () => number): T[] {
  const items: T[] = []
  let owed = 0
  for (const [make, share] of shares) {
    owed += share * count
    while (items.length < Math.round(owed)) items.push(make())
  }
  return shuffle(items, random)
}

/** Returns an order of the contenders for each round. It changes, so that none always runs after the same neighbour. */
export function alternate<T>(contenders: readonly T[], rounds: number, random: () => number): T[][] {
  return Array.from({ length: rounds }, () => shuffle(contenders, random))
}
