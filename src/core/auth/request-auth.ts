import type { AuthNotEvaluated } from './not-evaluated.js'
import type {
  Auth,
  InvalidTokenAuth,
  MachineAuthByType,
  MachineTokenType,
  SessionAuth,
  TokenType,
  UnauthenticatedMachineAuth
} from './types.js'

declare global {
  /**
   * Applications declare the plugin's `acceptsToken` here when it is not `'session_token'`, so that `request.auth` has
   * the right type: `declare global { interface ClerkAuthInstance { acceptsToken: 'any' } }`.
   */
  interface ClerkAuthInstance {}
}

/** The application's declared `acceptsToken`; `'session_token'` where nothing is declared. */
export type InstanceAcceptsToken = ClerkAuthInstance extends { acceptsToken: infer Accepted }
  ? Accepted
  : 'session_token'

type AuthOfType<Type extends TokenType> = Type extends MachineTokenType
  ? MachineAuthByType[Type] | UnauthenticatedMachineAuth<Type>
  : SessionAuth

/**
 * The types that `request.auth` can have with an `acceptsToken`: the auth of each accepted type, authenticated or not,
 * and with a list also `InvalidTokenAuth`. `Auth` if the compiler does not know the value.
 */
export type AuthFor<Accepted> = [Accepted] extends ['any']
  ? AuthOfType<TokenType>
  : [Accepted] extends [TokenType]
    ? AuthOfType<Accepted>
    : [Accepted] extends [readonly (infer Type extends TokenType)[]]
      ? AuthOfType<Type> | InvalidTokenAuth
      : Auth

/**
 * The type of `request.auth`, from the route's `config` (Fastify's `ContextConfig`): `AuthNotEvaluated` with
 * `clerk: false`, the auth of the route's own `acceptsToken` where `clerk` has one, else that of the plugin's. With
 * `clerk.guarded`, only what is authenticated.
 */
export type RequestAuth<ContextConfig> = ContextConfig extends { clerk: false }
  ? AuthNotEvaluated
  : ContextConfig extends { clerk: { guarded: true } }
    ? Extract<RouteAuth<ContextConfig>, { isAuthenticated: true }>
    : RouteAuth<ContextConfig>

type RouteAuth<ContextConfig> = ContextConfig extends { clerk: { acceptsToken: infer Accepted } }
  ? AuthFor<Accepted>
  : AuthFor<InstanceAcceptsToken>
