import { createNatsBus } from './nats-bus.js'

/** Options of the plugin in a module of their own, which the doctor reads too: `doctor --config clerk.config.js`. */
export default {
  authorizedParties: ['https://app.example.com'],
  revocation: { bus: createNatsBus({ servers: process.env.NATS_SERVERS ?? '127.0.0.1:4222' }) }
}
