import type { AuthNotEvaluated } from './not-evaluated.js'
import type {
  ApiKeyAuth,
  Auth,
  InvalidTokenAuth,
  M2MTokenAuth,
  MachineTokenType,
  OAuthTokenAuth,
  SessionAuth,
  TokenType,
  UnauthenticatedMachineAuth
} from './types.js'

declare global {
  /**
   * The plugin's `acceptsToken`, for the type of `request.auth`, where it is not `'session_token'`:
   * `declare global { interface ClerkAuthInstance { acceptsToken: 'any' } }`.
   */
  interface ClerkAuthInstance {}
}

/** The application's declared `acceptsToken`; `'session_token'` where nothing is declared. */
export type InstanceAcceptsToken = ClerkAuthInstance extends { acceptsToken: infer Accepted }
  ? Accepted
  : 'session_token'

interface MachineAuthByType {
  api_key: ApiKeyAuth
  m2m_token: M2MTokenAuth
  oauth_token: OAuthTokenAuth
}

type AuthOfType<Type extends TokenType> = Type extends MachineTokenType
  ? MachineAuthByType[Type] | UnauthenticatedMachineAuth<Type>
  : SessionAuth

/**
 * What `request.auth` can be for an `acceptsToken`: the auth of each accepted type, signed in and not, and for a list
 * also the auth that says that the token is of none of them. For anything the compiler cannot read: all of `Auth`.
 */
export type AuthFor<Accepted> = [Accepted] extends ['any']
  ? AuthOfType<TokenType>
  : [Accepted] extends [TokenType]
    ? AuthOfType<Accepted>
    : [Accepted] extends [readonly (infer Type extends TokenType)[]]
      ? AuthOfType<Type> | InvalidTokenAuth
      : Auth

/**
 * The type of `request.auth`, from the `config` of the route (Fastify's `ContextConfig`): `clerk: false` makes it
 * `AuthNotEvaluated`, `clerk: { acceptsToken }` the auth of those tokens, and everything else the instance's.
 */
export type RequestAuth<ContextConfig> = ContextConfig extends { clerk: false }
  ? AuthNotEvaluated
  : ContextConfig extends { clerk: { acceptsToken: infer Accepted } }
    ? AuthFor<Accepted>
    : AuthFor<InstanceAcceptsToken>
