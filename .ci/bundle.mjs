// Makes dist/. The code is CommonJS, one file per entry and what they share: Jest and older tools can load nothing else, and
// Node loads a few files faster than two hundred. The ES modules beside it only pass its exports on, so that an application
// in which one part imports and another requires has one plugin, one guard and one error class of each kind. Declarations
// are laid out alike. Nothing is renamed or squeezed: stack traces and readers find their way.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'
import { rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'

const { exports, bin, engines, dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
const installed = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)])

/** `index`, `audit/index`, …: the same below src/, dist/ and the folder of declarations. */
const entries = Object.values(exports)
  .flatMap((conditions) => conditions.require?.default ?? [])
  .map(nameOf)
const commands = Object.values(bin).map(nameOf)

function nameOf(path) {
  return path.replace(/^(\.\/)?dist\//, '').replace(/\.cjs$/, '')
}

function under(folder, extension, names) {
  return Object.fromEntries(names.map((name) => [name, `${folder}/${name}${extension}`]))
}

/** Packages that are built in: jose, which exists as ES module only, and diff, which one command needs. */
const BUILT_IN = /^(jose|diff)(\/|$)/

/** Packages that the application has. */
function isInstalled(source) {
  return source.startsWith('node:') || installed.has(source.replace(/^(@[^/]+\/[^/]+|[^/]+).*/, '$1'))
}

/** What entries share is named for the module that it was cut out for: `shared/core-errors`. */
function sharedName({ moduleIds }) {
  const path = moduleIds.at(-1).replace(/^.*\/(src|declarations|node_modules)\//, '')
  return `shared/${path.replace(/(\.d)?\.[jt]s$/, '').replaceAll('/', '-')}`
}

const source = {
  name: 'source',
  resolveId(source, importer) {
    if (importer === undefined) return null
    if (BUILT_IN.test(source)) return fileURLToPath(import.meta.resolve(source))
    if (source.startsWith('.') && importer.endsWith('.ts'))
      return this.resolve(source.replace(/\.js$/, '.ts'), importer)
    return null
  },
  async transform(code, id) {
    if (!id.endsWith('.ts')) return { code: await withoutComments(code), map: null }
    const { code: compiled } = await transform(code, {
      loader: 'ts',
      target: `node${/\d+\.\d+/.exec(engines.node)[0]}`,
      charset: 'utf8'
    })
    return { code: requirePeers(await withoutComments(compiled)), map: null }
  },
  // esbuild marks calls that bundlers may leave out. Of CommonJS they leave out nothing.
  renderChunk: (code) => code.replaceAll('/* @__PURE__ */ ', ''),
  resolveImportMeta: (property) => (property === 'url' ? 'require("node:url").pathToFileURL(__filename).href' : null)
}

// Of comments esbuild leaves those inside of classes and objects; packages that are bundled have theirs. A line of a template
// may look like a comment: the code without white space tells.
async function withoutComments(code) {
  const bare = code.replaceAll(/^ *(\/\*\*[\s\S]*?\*\/|\/\/ .*)\n/gm, '')
  const [before, after] = await Promise.all([squeezed(code), squeezed(bare)])
  if (before !== after) throw new Error('A line that looks like a comment is none')
  return bare
}

async function squeezed(code) {
  return (await transform(code, { minifyWhitespace: true, legalComments: 'none' })).code
}

// An optional peer is required inside the `try` in which the source imports it: there, bundlers take its absence for a
// warning, and Jest can load it. All of them can be required.
function requirePeers(code) {
  return code.replaceAll(/\(await import\("([^".][^"]*)"\)\)\.default/g, (match, name) =>
    peerDependencies[name] === undefined ? match : `require("${name}")`
  )
}

async function buildCode() {
  const bundle = await rollup({
    input: under('src', '.ts', [...entries, ...commands]),
    external: isInstalled,
    plugins: [source],
    onwarn: fail
  })
  const { output } = await bundle.write({
    dir: 'dist',
    format: 'cjs',
    exports: 'named',
    entryFileNames: '[name].cjs',
    chunkFileNames: (chunk) => `${sharedName(chunk)}.cjs`,
    hoistTransitiveImports: false,
    minifyInternalExports: false,
    externalLiveBindings: false,
    generatedCode: 'es2015',
    // What `import` of a CommonJS package means to Node.
    interop: 'default'
  })
  for (const chunk of output) {
    if (/\bimport\(/.test(withoutOwnImport(chunk))) throw new Error(`${chunk.fileName} imports: require what it needs`)
    if (chunk.isEntry && entries.includes(chunk.name)) writeModule(chunk.name, chunk.exports)
  }
}

/** The command loads modules of the application, which `require` cannot where they await at the top: that import stays. */
function withoutOwnImport({ code, moduleIds }) {
  return moduleIds.some((id) => id.endsWith('/cli/doctor/import-module.ts')) ? code.replace('import(url)', '') : code
}

/** Named imports of CommonJS mean the same to Node and to every bundler; default imports do not. */
function writeModule(name, exported) {
  const from = `from './index.cjs'\n`
  const names = exported.filter((one) => one !== 'default').sort()
  const all = `export { ${names.join(', ')} } ${from}`
  const standard = exported.includes('default') ? `export { ${standardOf(name)} as default } ${from}` : ''
  writeFileSync(`dist/${name}.js`, all + standard)
  writeFileSync(`dist/${name}.d.ts`, `export * ${from}${standard}`)
}

/** The name under which an entry exports its default too. */
function standardOf(name) {
  return name === 'index' ? 'clerkAuth' : name.replace('/index', '')
}

async function buildDeclarations() {
  const bundle = await rollup({
    input: under('.build/declarations', '.d.ts', entries),
    external: (source) => !/^[./]|^\.build/.test(source),
    plugins: [dts({ tsconfig: false })],
    onwarn: fail
  })
  await bundle.write({
    dir: 'dist',
    format: 'es',
    entryFileNames: '[name].d.cts',
    chunkFileNames: (chunk) => `${chunk.name === 'types' ? 'shared/types' : sharedName(chunk)}.d.cts`,
    manualChunks: (id) => (/\/(core|plugin)\//.test(id) ? 'types' : undefined),
    hoistTransitiveImports: false,
    minifyInternalExports: false
  })
}

function fail({ message }) {
  throw new Error(message)
}

await buildCode()
await buildDeclarations()
copyFileSync('node_modules/jose/LICENSE.md', 'dist/jose.LICENSE')
copyFileSync('node_modules/diff/LICENSE', 'dist/diff.LICENSE')
