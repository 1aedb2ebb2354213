import { createError } from './create-error.js'

export const WebhookSecretMissingError = createError(
  'FST_CLERK_WEBHOOK_SECRET_MISSING',
  'Webhooks need signingSecret (CLERK_WEBHOOK_SIGNING_SECRET): copy it from the endpoint in the Clerk dashboard',
  500
)
export const WebhookSecretInvalidError = createError(
  'FST_CLERK_WEBHOOK_SECRET_INVALID',
  'signingSecret must be the endpoint secret of the Clerk dashboard: "whsec_" and base64',
  500
)
export const WebhookVerifierMissingError = createError(
  'FST_CLERK_WEBHOOK_VERIFIER_MISSING',
  'Webhooks need the package standardwebhooks, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more',
  500
)
export const WebhookHeadersError = createError(
  'FST_CLERK_WEBHOOK_HEADERS',
  'The request lacks svix-id, svix-timestamp or svix-signature: only Clerk calls this address',
  400
)
export const WebhookTimestampError = createError(
  'FST_CLERK_WEBHOOK_TIMESTAMP',
  'The timestamp of the webhook is more than five minutes away: send it again, and check the clock',
  400
)
export const WebhookSignatureError = createError(
  'FST_CLERK_WEBHOOK_SIGNATURE',
  'The signature of the webhook does not match: check the signing secret of this endpoint',
  401
)
export const WebhookPayloadError = createError(
  'FST_CLERK_WEBHOOK_PAYLOAD',
  'The body of the webhook is not an event of Clerk',
  400
)
export const WebhookBodyError = createError(
  'FST_CLERK_WEBHOOK_BODY',
  'verifyWebhook needs the body as it was received: give the scope of the route a parser with parseAs "buffer"',
  500
)
export const WebhookBusyError = createError(
  'FST_CLERK_WEBHOOK_BUSY',
  'This webhook is being handled already: send it again later',
  409
)
export const WebhookPluginError = createError(
  'FST_CLERK_WEBHOOK_PLUGIN',
  'fastify-clerk-auth/webhooks revokes at the one instance of fastify-clerk-auth: register that before it or, if that has a resolver, give the option revoke',
  500
)
