import { type BackendApi, createBackendApi } from '../backend-api/backend-api.js'
import type { Logger } from '../logger.js'
import type { InstanceSettings } from '../options/instance-settings.js'
import { USER_AGENT } from '../version.js'

/** Null without any secret key: then Clerk answers no call. */
export function createInstanceBackendApi(settings: InstanceSettings, log: Logger): BackendApi | null {
  const { secretKey, machineSecretKey, apiUrl, apiVersion, fetch, now } = settings
  if (secretKey === null && machineSecretKey === null) return null
  return createBackendApi({
    apiUrl,
    apiVersion,
    secretKey,
    machineSecretKey,
    fetch,
    timeoutMs: settings.apiTimeoutInMs,
    userAgent: USER_AGENT,
    log,
    now
  })
}
