// One file per entry and what they share, instead of two hundred modules: half of the time that `import` took was spent on
// finding and opening them. Nothing is renamed or squeezed, so that stack traces and a reader find their way.
import { readFileSync } from 'node:fs'
import { build } from 'esbuild'

const { exports, bin, engines } = JSON.parse(readFileSync('package.json', 'utf8'))
const compiled = [...Object.values(exports).map((entry) => entry.default), ...Object.values(bin)].filter(Boolean)

await build({
  entryPoints: compiled.map((file) => file.replace(/^(\.\/)?dist\//, 'src/').replace(/\.js$/, '.ts')),
  outdir: 'dist',
  outbase: 'src',
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: `node${/\d+\.\d+/.exec(engines.node)[0]}`,
  charset: 'utf8',
  logLevel: 'warning'
})
