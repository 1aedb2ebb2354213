// Run by `npm run test:package`: tests the packed tarball as its users install it. Each file can run alone.
// Needs a registry.
import './api.js'
import './bundles.js'
import './compilers.js'
import './consumer.js'
import './peers.js'
