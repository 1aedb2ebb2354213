import type { Effects } from './effects.js'
import type { RefreshFlow } from './refresh.js'
import type { StateSettings } from './settings.js'

/** One instance's settings, effects and flows in progress: what every flow takes as its first argument. */
export interface StateContext {
  readonly settings: StateSettings
  readonly effects: Effects
  readonly refresh: RefreshFlow
}
