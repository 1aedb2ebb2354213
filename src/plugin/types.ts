import type {
  ContextConfigDefault,
  FastifyBaseLogger,
  FastifyTypeProvider,
  FastifyTypeProviderDefault,
  RawRequestDefaultExpression,
  RawServerBase,
  RawServerDefault,
  RouteGenericInterface,
  // Under another name: a package that adds members to the interface puts its own declaration in place of the import.
  FastifySchema as RouteSchema
} from 'fastify'
import type { FastifyRequestType, ResolveFastifyRequestType } from 'fastify/types/type-provider.js'
import type { RequestAuth } from '../core/auth/request-auth.js'
import type { ClerkAuthOptions } from '../core/options/instance-options.js'
import type { ClerkDecorator } from './clerk-decorator.js'
import type { Authorize } from './guards/authorize.js'
import type { GuardHook } from './guards/types.js'
import type { ResolverOptions } from './resolver-options.js'
import type { ClerkRouteConfig } from './route-policy.js'

export type PluginOptions = ClerkAuthOptions | ResolverOptions

declare module 'fastify' {
  // The parameters are Fastify's own, as declaration merging wants them.
  interface FastifyRequest<
    RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
    RawServer extends RawServerBase = RawServerDefault,
    RawRequest extends RawRequestDefaultExpression<RawServer> = RawRequestDefaultExpression<RawServer>,
    SchemaCompiler extends RouteSchema = RouteSchema,
    TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault,
    ContextConfig = ContextConfigDefault,
    Logger extends FastifyBaseLogger = FastifyBaseLogger,
    RequestType extends FastifyRequestType = ResolveFastifyRequestType<TypeProvider, SchemaCompiler, RouteGeneric>
  > {
    /**
     * Who sent the request. Never null in a handler. Its type follows the route's `config.clerk`: on routes with
     * `config.clerk: false` every use of it throws, and does not compile.
     */
    readonly auth: RequestAuth<ContextConfig>
  }

  interface FastifyInstance {
    /** The hook that the package exports as `requireAuth`; undefined before the plugin has loaded. */
    readonly requireAuth: GuardHook
    /** The function that the package exports as `authorize`; undefined before the plugin has loaded. */
    readonly authorize: Authorize
    readonly clerk: ClerkDecorator
  }

  interface FastifyContextConfig {
    /** `false` turns authentication off for the route; an object changes it for the route. */
    clerk?: ClerkRouteConfig
  }
}
