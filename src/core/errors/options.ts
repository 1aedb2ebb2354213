import { TOKEN_TYPES } from '../token-types.js'
import { createError } from './create-error.js'

export const UnknownOptionError = createError('FST_CLERK_OPTION_UNKNOWN', 'Unknown option %s%s', 500)
export const OptionTypeError = createError('FST_CLERK_OPTION_TYPE', '%s must be %s, not %s', 500)
export const OptionEmptyError = createError(
  'FST_CLERK_OPTION_EMPTY',
  '%s must not be empty: give %s, or leave it out',
  500
)
export const OptionRangeError = createError('FST_CLERK_OPTION_RANGE', '%s must be %s', 500)
export const OptionValueError = createError('FST_CLERK_OPTION_VALUE', '%s must be %s', 500)
export const OptionUrlError = createError('FST_CLERK_OPTION_URL', '%s must be %s', 500)
export const OptionDomainError = createError(
  'FST_CLERK_OPTION_DOMAIN',
  '%s must be a host name without scheme, path or credentials, such as satellite.example',
  500
)
export const OptionOriginError = createError(
  'FST_CLERK_OPTION_ORIGIN',
  '%s must be an origin as browsers send it: scheme, lower-case host, port if not the default; no path, no trailing slash',
  500
)
export const OptionPatternError = createError(
  'FST_CLERK_OPTION_PATTERN',
  '%s must be a pattern of paths in the syntax of path-to-regexp 6, such as /orgs/:slug/(.*)',
  500
)
export const AcceptsTokenError = createError(
  'FST_CLERK_OPTION_ACCEPTS_TOKEN',
  `%s must be "any", or one or a list of ${TOKEN_TYPES.map((type) => `"${type}"`).join(', ')}`,
  500
)
export const PublishableKeyError = createError(
  'FST_CLERK_OPTION_PUBLISHABLE_KEY',
  '%s must be a publishable key as the Clerk dashboard shows it, pk_test_… or pk_live_…: %s',
  500
)
export const SecretAsPublishableError = createError(
  'FST_CLERK_OPTION_SECRET_AS_PUBLISHABLE',
  '%s holds a secret key: give the publishable key (pk_…) there, and roll the secret key if this one was ever sent to browsers',
  500
)
export const PublishableAsSecretError = createError(
  'FST_CLERK_OPTION_PUBLISHABLE_AS_SECRET',
  '%s holds a publishable key: give %s there',
  500
)
export const SecretKeyError = createError(
  'FST_CLERK_OPTION_SECRET_KEY',
  '%s must be printable ASCII without spaces or line breaks: copy it again from the Clerk dashboard',
  500
)
export const KeysMixedError = createError(
  'FST_CLERK_OPTION_KEYS_MIXED',
  '%s and %s belong to different instances (%s): give both keys of one instance',
  500
)
export const NoKeySourceError = createError(
  'FST_CLERK_OPTION_NO_KEY_SOURCE',
  'Nothing says where verification keys come from: give one of publishableKey, secretKey, jwtKey, jwks.keys (or CLERK_PUBLISHABLE_KEY, CLERK_SECRET_KEY, CLERK_JWT_KEY)',
  500
)
export const JwtKeyError = createError(
  'FST_CLERK_OPTION_JWT_KEY',
  '%s must be a PEM public key (-----BEGIN PUBLIC KEY-----), as the Clerk dashboard shows it under JWKS public key',
  500
)
export const JwtKeyPrivateError = createError(
  'FST_CLERK_OPTION_JWT_KEY_PRIVATE',
  '%s holds a private key: give the public key, and treat the private one as exposed',
  500
)
export const JwtKeyNotRsaError = createError(
  'FST_CLERK_OPTION_JWT_KEY_NOT_RSA',
  '%s must be an RSA public key with an odd exponent of at least 65537: Clerk signs with RS256',
  500
)
export const JwtKeySizeError = createError(
  'FST_CLERK_OPTION_JWT_KEY_SIZE',
  '%s must be an RSA key of 2048 to 8192 bits',
  500
)
export const JwksKeysError = createError(
  'FST_CLERK_OPTION_JWKS_KEYS',
  '%s must be a public RSA key as a JWK (RFC 7517), %s',
  500
)
export const JwksPrivateError = createError(
  'FST_CLERK_OPTION_JWKS_PRIVATE',
  '%s holds a private or symmetric key: give public keys only, and treat this one as exposed',
  500
)
export const SatelliteDomainError = createError(
  'FST_CLERK_OPTION_SATELLITE_DOMAIN',
  'isSatellite needs domain (CLERK_DOMAIN) or proxyUrl (CLERK_PROXY_URL)',
  500
)
export const SatelliteSignInUrlError = createError(
  'FST_CLERK_OPTION_SATELLITE_SIGN_IN_URL',
  'isSatellite needs signInUrl (CLERK_SIGN_IN_URL) as an absolute URL on the primary domain',
  500
)
export const SignInUrlMissingError = createError(
  'FST_CLERK_OPTION_SIGN_IN_URL_MISSING',
  'requireAuthRedirect needs signInUrl (CLERK_SIGN_IN_URL): where should browsers go?',
  500
)
export const OptionSecretKeyMissingError = createError(
  'FST_CLERK_OPTION_SECRET_KEY_MISSING',
  '%s needs secretKey (CLERK_SECRET_KEY): only Clerk can say whether such a token is good',
  500
)
