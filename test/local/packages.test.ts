import t from 'tap'
import { createLocalClerk } from '../../src/local/index.js'

// FAPI hands out scripts of the packages that are installed where it runs, and nothing else of the disk.

const clerk = await createLocalClerk()

async function ask(path: string) {
  const response = await clerk.fetch(`${clerk.issuer}${path}`)
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}

t.test('a script of an installed package, whichever version is asked for', async (t) => {
  t.chdir(
    t.testdir({
      node_modules: {
        '@clerk': {
          // As published: the entry point depends on how it is loaded, and package.json is not exported.
          'clerk-js': {
            'package.json': JSON.stringify({
              exports: { '.': { import: './dist/clerk.mjs', require: './dist/clerk.js' } }
            }),
            'secret.js': 'secret',
            dist: { 'clerk.js': '', 'clerk.browser.js': 'clerk', 'notes.txt': 'secret', '.env.js': 'secret' }
          },
          ui: {
            'package.json': JSON.stringify({
              exports: { '.': { import: './dist/index.js', default: './dist/index.js' } }
            }),
            dist: { 'index.js': '', 'sign-in_1.36.0.js': 'sign-in' }
          },
          backend: { 'package.json': '{"main":"dist/index.js"}', dist: { 'index.js': 'backend' } }
        }
      }
    })
  )
  for (const version of ['', '@6', '@6.40.0', '@latest']) {
    t.match(await ask(`/npm/@clerk/clerk-js${version}/dist/clerk.browser.js`), {
      status: 200,
      type: 'text/javascript; charset=utf-8',
      text: 'clerk'
    })
  }
  t.match(await ask('/npm/@clerk/ui@1/dist/sign-in_1.36.0.js'), { status: 200, text: 'sign-in' })
  for (const path of [
    '/npm/@clerk/clerk-js@6/dist/none.js',
    '/npm/@clerk/clerk-js@6/dist/notes.txt',
    '/npm/@clerk/clerk-js@6/dist/.env.js',
    '/npm/@clerk/clerk-js@6/dist/',
    '/npm/@clerk/clerk-js@6/secret.js',
    '/npm/@clerk/clerk-js@6/dist/../secret.js',
    '/npm/@clerk/clerk-js@6/dist/..%2fsecret.js',
    '/npm/@clerk/clerk-js@6/dist/..%5csecret.js',
    '/npm/@clerk/clerk-js@6/dist/%2e%2e%2fsecret.js',
    '/npm/@clerk/clerk-js@6/dist/clerk.browser.js%00.js',
    '/npm/@clerk/clerk-js@6/dist/%2fetc%2fpasswd.js',
    '/npm/@clerk/clerk-js%2f..%2fclerk-js@6/dist/clerk.browser.js',
    '/npm/@clerk/..@6/dist/clerk.browser.js',
    '/npm/@clerk/backend@3/dist/index.js',
    '/npm/@clerk/constructor@6/dist/clerk.browser.js',
    '/npm/clerk-js@6/dist/clerk.browser.js'
  ]) {
    const { status, text } = await ask(path)
    t.equal(status, 404, path)
    t.notMatch(text, /secret|backend"/)
  }
})

t.test('a package that is not installed is named, by the answer and once by the console', async (t) => {
  const folder = t.testdir({ 'package.json': '{}' })
  t.chdir(folder)
  const warnings: (Error & { code?: string })[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  for (let attempt = 0; attempt < 2; attempt++) {
    const { status, text } = await ask('/npm/@clerk/ui@1/dist/ui.browser.js')
    t.equal(status, 404)
    t.match(text, 'npm install --save-dev @clerk/ui')
    t.notMatch(text, folder)
  }
  await new Promise(setImmediate)
  t.equal(warnings.length, 1)
  t.match(warnings[0], { code: 'FST_CLERK_LOCAL_PACKAGE', message: /@clerk\/ui is not installed/ })
})
