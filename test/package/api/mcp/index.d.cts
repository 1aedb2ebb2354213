import { GuardHook } from '../index.cjs'
import * as fastify from 'fastify'
interface Resource {
  readonly url: string
  readonly path: string
  readonly metadataUrl: string
  readonly audience: readonly string[]
}
interface McpAuthParams {
  readonly scopes?: string | readonly string[] | undefined
}
interface McpAuth {
  (params?: McpAuthParams): GuardHook
  readonly resource: Resource
}
interface AuthInfo {
  readonly token: string
  readonly clientId: string
  readonly scopes: string[]
  readonly expiresAt?: number
  readonly resource?: URL
  readonly extra: {
    readonly userId: string
  }
}
interface AuthorizedRequest {
  readonly auth: object
  readonly server: {
    readonly mcpAuth: McpAuth
  }
}
declare function toAuthInfo(request: AuthorizedRequest): AuthInfo
interface McpResourceOptions {
  readonly resource: string
  readonly scopes?: readonly string[] | undefined
  readonly name?: string | undefined
  readonly documentation?: string | undefined
  readonly allowUnbound?: boolean | undefined
  readonly authorizationServer?: string | undefined
}
declare module 'fastify' {
  interface FastifyInstance {
    readonly mcpAuth: McpAuth
  }
}
declare const mcpResource: fastify.FastifyPluginCallback<
  McpResourceOptions,
  fastify.RawServerDefault,
  fastify.FastifyTypeProviderDefault,
  fastify.FastifyBaseLogger
>
export { mcpResource, toAuthInfo }
export type { AuthInfo, AuthorizedRequest, McpAuth, McpAuthParams, McpResourceOptions }
