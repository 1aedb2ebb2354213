import { NoInitialKeysError } from '../errors.js'
import { explainFetchFailure } from '../fetch-cause.js'
import type { FetchFailure } from './source.js'

/** The boot error for a failure: the failure itself, its cause in words, and its cure. */
export function noInitialKeys(failure: FetchFailure): Error {
  const { cause, cure } = explainFetchFailure(failure)
  return new NoInitialKeysError(failure, cause, cure)
}
