/** The fields of a verified token that tell how long tokens live and what the issuer's clock says. */
export interface ObservedToken {
  /** `iat` in seconds; `Infinity` when the token has no `iat`. */
  readonly issuedAt: number
  readonly auth: { readonly sessionClaims: { readonly exp: number } }
}

/** The same of a machine token. */
export interface ObservedMachineToken {
  /** Ms since the epoch; `-Infinity`: not known. */
  readonly issuedAtMs: number
  /** Clerk is asked about it again and again, so its lifetime does not matter. */
  readonly isOpaque: boolean
  readonly auth: { readonly expiresAt: number | null }
}
