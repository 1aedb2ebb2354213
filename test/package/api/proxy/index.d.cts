import { FastifyPluginAsync } from 'fastify'
interface FrontendApiProxyOptions {
  readonly path?: string | undefined
  readonly publishableKey?: string | null | undefined
  readonly secretKey?: string | null | undefined
  readonly fapiUrl?: string | null | undefined
  readonly timeoutInMs?: number | undefined
  readonly bodyLimit?: number | undefined
  readonly responseLimit?: number | undefined
  readonly maxConcurrency?: number | undefined
}
declare const frontendApiProxy: FastifyPluginAsync<FrontendApiProxyOptions>
export { frontendApiProxy }
export type { FrontendApiProxyOptions }
