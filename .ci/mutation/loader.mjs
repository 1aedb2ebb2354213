// Every run imports the compiled code anew, so that nothing a mutant left in a module meets the next one. Packages stay;
// `tap` is the run's own test, and RSA keys come from a pool.
const COMPILED = '/.build/'
const RSA_KEYS = '/test/fixtures/rsa-keys.js'
const TAP = new URL('tap.mjs', import.meta.url).href
const RSA_KEY_POOL = new URL('rsa-keys.mjs', import.meta.url).href

export async function resolve(specifier, context, next) {
  const { parentURL = '' } = context
  const run = parentURL.match(/\?run=\d+$/)?.[0]
  if (run === undefined || parentURL.startsWith(RSA_KEY_POOL)) return next(specifier, context)
  if (specifier === 'tap') return { url: TAP + run, format: 'module', shortCircuit: true }
  const resolved = await next(specifier, context)
  if (resolved.url.endsWith(RSA_KEYS)) return { ...resolved, url: RSA_KEY_POOL + run }
  const isOurs = resolved.url.includes(COMPILED) && !resolved.url.includes('/node_modules/')
  return isOurs ? { ...resolved, url: resolved.url + run } : resolved
}
