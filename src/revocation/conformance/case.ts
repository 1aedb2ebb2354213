import type { Scene } from './scene.js'
import type { RevocationBusFault } from './world.js'

/** One promise of a bus, and how it is tried. */
export interface BusCase {
  readonly name: string
  /** What the world has to be able to do besides making buses. */
  readonly needs?: readonly RevocationBusFault[]
  run(scene: Scene): Promise<void>
}
