export type { FrontendApiProxyOptions } from './options.js'
export { frontendApiProxy } from './plugin.js'
