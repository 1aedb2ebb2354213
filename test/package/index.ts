// What `npm run test:package` runs: the packed tarball, as it is used. Each file runs alone too. Needs the registry.
import './api.js'
import './consumer.js'
import './peers.js'
