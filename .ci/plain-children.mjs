// Loaded into each test process before the test (package.json, `tap`).
// tap loads its account of files, with a thread of its own, into each process that a test starts: four times the time of such a
// process, and not as it runs for users. The list is that of process-on-spawn, which tap listens by.
const spawned = globalThis[Symbol.for('process-on-spawn@*:singletonId')]
if (spawned !== undefined) spawned.listeners = []
