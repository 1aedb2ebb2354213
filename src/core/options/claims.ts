import { OptionTypeError, OptionValueError } from '../errors.js'
import { checkTexts } from './checks.js'
import { describeType, type Given } from './given.js'
import { isAbsoluteUrl } from './urls.js'

export type ReportOnlyRule = 'issuer' | 'authorizedParties'

/** Accepted issuers as given; empty for `null`, which turns the check off; null when they follow from the keys. */
export function readIssuer(given: Given): readonly string[] | null {
  return given.value === null ? Object.freeze([]) : (checkTexts(given) ?? null)
}

/**
 * The issuers that follow from the keys. Empty, and then not checked, without a publishable key. A `proxyUrl` that is a
 * path adds none: its origin is not known here and is never taken from a request.
 */
export function deriveIssuers(
  frontendApi: string | null,
  originalFrontendApi: string | null,
  proxyUrl: string
): readonly string[] {
  if (frontendApi === null) return Object.freeze([])
  const issuers = new Set([`https://${frontendApi}`, `https://${originalFrontendApi}`])
  if (isAbsoluteUrl(proxyUrl)) issuers.add(proxyUrl).add(proxyUrl.replace(/\/+$/, ''))
  return Object.freeze([...issuers])
}

export function readReportOnly({ name, value = [] }: Given): Readonly<Record<ReportOnlyRule, boolean>> {
  if (!Array.isArray(value)) throw new OptionTypeError(name, 'a list', describeType(value))
  const rules: readonly unknown[] = value
  if (rules.some((rule) => rule !== 'issuer' && rule !== 'authorizedParties')) {
    throw new OptionValueError(name, 'a list of "issuer" and "authorizedParties"')
  }
  return Object.freeze({ issuer: rules.includes('issuer'), authorizedParties: rules.includes('authorizedParties') })
}
