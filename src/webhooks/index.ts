export type { Deliveries, DeliveryState } from './deliveries.js'
export type * from './events.js'
export {
  type WebhookContext,
  type WebhookHandler,
  type WebhookHandlers,
  type WebhooksOptions,
  webhooks as default
} from './plugin.js'
export { createRedisDeliveries, type RedisDeliveriesOptions } from './redis-deliveries.js'
export { type VerifyWebhookOptions, verifyWebhook } from './verify.js'
