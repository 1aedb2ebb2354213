// The plugin as it is, with its options in `autoConfig`. Not as `module.exports.autoConfig` of the plugin's own function: that
// would be a property of the package, for every application in the process.
module.exports = {
  default: require('fastify-clerk-auth').clerkAuth,
  autoConfig: { handshake: false, earlyRoutes: ['/health'] }
}
