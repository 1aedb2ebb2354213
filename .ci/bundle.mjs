// One file per entry and what they share, instead of two hundred modules: half of the time that `import` took was spent on
// finding and opening them. Nothing is renamed or squeezed, so that stack traces and a reader find their way.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { build } from 'esbuild'

const require = createRequire(import.meta.url)
const { exports, bin, engines, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
const compiled = [...Object.values(exports).map((entry) => entry.default), ...Object.values(bin)].filter(Boolean)
const commonjs = Object.keys(dependencies).filter((name) => {
  const { type } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'))
  return type !== 'module'
})

// A CommonJS package is asked for by `require`. To `import` one, Node reads its text a second time to learn what it exports;
// for the three small ones here that took longer than all the rest of our own import.
const commonjsByRequire = {
  name: 'commonjs-by-require',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(${commonjs.join('|')})$`) }, ({ path }) => ({ path, namespace: 'commonjs' }))
    onLoad({ filter: /./, namespace: 'commonjs' }, ({ path }) => {
      const names = Object.keys(require(path)).filter((name) => name !== 'default')
      return {
        contents: `import { createRequire } from 'node:module'
          const exported = createRequire(import.meta.url)('${path}')
          export default exported
          export const { ${names.join(', ')} } = exported`
      }
    })
  }
}

await build({
  entryPoints: compiled.map((file) => file.replace(/^(\.\/)?dist\//, 'src/').replace(/\.js$/, '.ts')),
  outdir: 'dist',
  outbase: 'src',
  bundle: true,
  splitting: true,
  packages: 'external',
  plugins: [commonjsByRequire],
  platform: 'node',
  format: 'esm',
  target: `node${/\d+\.\d+/.exec(engines.node)[0]}`,
  charset: 'utf8',
  logLevel: 'warning'
})
