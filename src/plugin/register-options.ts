import type { RegisterOptions } from 'fastify'

const NAMES: Readonly<Record<keyof RegisterOptions, true>> = { prefix: true, logLevel: true, logSerializers: true }

/** Options that `fastify.register` reads itself. It hands them to the plugin as well, among the plugin's own. */
export const REGISTER_OPTIONS: readonly string[] = Object.freeze(Object.keys(NAMES))
