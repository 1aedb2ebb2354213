import type { Help } from './help.js'

/** Errors of options that do not fit, with which the server does not start. The message names the option, never its value. */
export const optionErrors = {
  FST_CLERK_OPTION_UNKNOWN: {
    cause: 'There is no option of this name.',
    cure: 'Correct the name: a near one is suggested. `npx fastify-clerk-auth migrate` rewrites options of `@clerk/fastify`.'
  },
  FST_CLERK_OPTION_TYPE: {
    cause: 'The value is of another type. Nothing is coerced: a text is no number and no boolean.',
    cure: 'Give the type that the message names.'
  },
  FST_CLERK_OPTION_EMPTY: {
    cause: 'The value is an empty text or an empty list. An empty list of parties would accept nobody.',
    cure: 'Give a value, or leave it out, as by an unset variable.'
  },
  FST_CLERK_OPTION_RANGE: {
    cause: 'The number is out of its bounds, is not whole, or is in seconds.',
    cure: 'Keep the bounds of the message. Durations are in milliseconds.'
  },
  FST_CLERK_OPTION_VALUE: {
    cause: 'The value is none of those that the option takes.',
    cure: 'Give one of the values that the message names.'
  },
  FST_CLERK_OPTION_URL: {
    cause: 'The value is no absolute URL, or holds credentials.',
    cure: 'Write the URL out, as `https://clerk.example.com`.'
  },
  FST_CLERK_OPTION_DOMAIN: {
    cause: '`domain` is no bare host name.',
    cure: 'Leave scheme, path and slashes out: `satellite.example`.'
  },
  FST_CLERK_OPTION_ORIGIN: {
    cause: '`authorizedParties` holds something that is no origin, and could equal no `azp`.',
    cure: 'Write origins as browsers send them: `https://app.example.com`, without a slash at the end.'
  },
  FST_CLERK_OPTION_PATTERN: {
    cause: 'A pattern of `organizationSyncOptions` does not compile, or begins without the slash of every path.',
    cure: 'Use the syntax of path-to-regexp 6, as Clerk’s own plugins do: `/orgs/:slug/(.*)`.'
  },
  FST_CLERK_OPTION_ACCEPTS_TOKEN: {
    cause: '`acceptsToken` is none of the token types.',
    cure: 'Give one type, a list of types, or `any`.',
    see: 'core/auth/README.md#machine-tokens'
  },
  FST_CLERK_OPTION_PUBLISHABLE_KEY: {
    cause: 'The publishable key is malformed: cut off, quoted, or a placeholder.',
    cure: 'Copy it again from the Clerk dashboard. It begins with `pk_test_` or `pk_live_`.'
  },
  FST_CLERK_OPTION_SECRET_AS_PUBLISHABLE: {
    cause: 'A secret key stands where the publishable key belongs.',
    cure: 'Exchange the two. If the key was ever delivered to browsers, roll it in the Clerk dashboard.'
  },
  FST_CLERK_OPTION_PUBLISHABLE_AS_SECRET: {
    cause: 'A publishable key stands where a secret key belongs.',
    cure: 'Give the secret key there: it begins with `sk_test_` or `sk_live_`.'
  },
  FST_CLERK_OPTION_SECRET_KEY: {
    cause: 'The secret key has characters that no key has.',
    cure: 'Copy it again; trim the line break at the end of a file.'
  },
  FST_CLERK_OPTION_KEYS_MIXED: {
    cause: 'One key is of a development instance, one of production.',
    cure: 'Take both from one instance, and look for a variable of another environment.'
  },
  FST_CLERK_OPTION_NO_KEY_SOURCE: {
    cause: 'None of the four sources of verification keys is given.',
    cure: 'Set `CLERK_PUBLISHABLE_KEY`. Nothing reads `.env` by itself: `node --env-file=.env`.'
  },
  FST_CLERK_OPTION_JWT_KEY: {
    cause: '`jwtKey` is no PEM public key. In a variable, its line breaks are often lost.',
    cure: 'Copy “JWKS public key” from the Clerk dashboard, with its first and last line.'
  },
  FST_CLERK_OPTION_JWT_KEY_PRIVATE: {
    cause: '`jwtKey` holds a private key.',
    cure: 'Give the public key, and treat the private one as exposed.'
  },
  FST_CLERK_OPTION_JWT_KEY_NOT_RSA: {
    cause: '`jwtKey` is not RSA, or its exponent is below 65537.',
    cure: 'Copy “JWKS public key” from the Clerk dashboard: Clerk signs with RS256.'
  },
  FST_CLERK_OPTION_JWT_KEY_SIZE: {
    cause: '`jwtKey` is not of 2048 to 8192 bits.',
    cure: 'Use a key of 2048 bits or more (RFC 7518 section 3.3).'
  },
  FST_CLERK_OPTION_JWKS_KEYS: {
    cause: '`jwks.keys` holds something that is no public RSA key as a JWK.',
    cure: 'Give the members of `keys` from the instance’s `/.well-known/jwks.json`.'
  },
  FST_CLERK_OPTION_JWKS_PRIVATE: {
    cause: '`jwks.keys` holds a private or symmetric key.',
    cure: 'Give public keys alone, and treat this key as exposed.'
  },
  FST_CLERK_OPTION_SATELLITE_DOMAIN: {
    cause: '`isSatellite` is set without `domain` or `proxyUrl`.',
    cure: 'Give the domain that the Clerk dashboard lists for this satellite.'
  },
  FST_CLERK_OPTION_SATELLITE_SIGN_IN_URL: {
    cause: '`isSatellite` is set in development without an absolute `signInUrl`.',
    cure: 'Give the sign-in page of the primary domain, with its scheme and host.'
  },
  FST_CLERK_OPTION_SIGN_IN_URL_MISSING: {
    cause: '`requireAuthRedirect` is set without `signInUrl`.',
    cure: 'Give the address of the sign-in page.'
  },
  FST_CLERK_OPTION_SECRET_KEY_MISSING: {
    cause: 'Only Clerk can judge some accepted types, and there is no secret key.',
    cure: 'Set `CLERK_SECRET_KEY`, or name the types in `acceptsToken`: `session_token` alone, or with it `m2m_token` and `oauth_token`, of which those that are JWTs are then accepted. With `machineTokens.jwtOnly` `any` means these three.',
    see: 'core/auth/README.md#machine-tokens'
  }
} satisfies Record<string, Help>
