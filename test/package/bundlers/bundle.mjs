// node bundle.mjs <tool> <esm|cjs> <input> <folder>: one file for Node, by each tool as its manual says.
import { writeFile } from 'node:fs/promises'
import { createRequire, isBuiltin } from 'node:module'
import { join } from 'node:path'

const [tool, format, input, folder] = process.argv.slice(2)
const isModule = format === 'esm'
const name = isModule ? 'app.mjs' : 'app.cjs'

function isAbsent(id) {
  try {
    createRequire(input).resolve(id)
    return false
  } catch {
    return true
  }
}

// Fastify is CommonJS: in an ES module its `require` has to come from somewhere.
const banner = isModule
  ? "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
  : ''

const tools = {
  async esbuild() {
    const { build } = await import('esbuild')
    await build({
      entryPoints: [input],
      bundle: true,
      platform: 'node',
      format,
      outfile: join(folder, name),
      banner: { js: banner },
      logLevel: 'error'
    })
  },

  async rollup() {
    const { rollup } = await import('rollup')
    const { default: commonjs } = await import('@rollup/plugin-commonjs')
    const { default: json } = await import('@rollup/plugin-json')
    const { default: nodeResolve } = await import('@rollup/plugin-node-resolve')
    const bundle = await rollup({
      input,
      external: isBuiltin,
      // Optional peers are required inside `try`, which this plugin leaves as it is unless told otherwise: those that are
      // installed are to be bundled.
      plugins: [nodeResolve({ exportConditions: ['node'] }), commonjs({ ignoreTryCatch: isAbsent }), json()],
      onwarn() {}
    })
    await bundle.write({
      file: join(folder, name),
      format: isModule ? 'es' : 'cjs',
      banner,
      inlineDynamicImports: true
    })
  },

  async webpack() {
    const { default: webpack } = await import('webpack')
    const stats = await new Promise((resolve, reject) =>
      webpack(
        {
          entry: input,
          target: 'node20',
          mode: 'production',
          // The program starts a local Clerk, which refuses to where NODE_ENV is production.
          optimization: { nodeEnv: false, minimize: false },
          experiments: { outputModule: isModule },
          output: { path: folder, filename: name, ...(isModule ? { module: true, chunkFormat: 'module' } : {}) }
        },
        (error, result) => (error ? reject(error) : resolve(result))
      )
    )
    if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }))
  },

  async ncc() {
    const { default: ncc } = await import('@vercel/ncc')
    const { code, assets } = await ncc(input, { esm: isModule, quiet: true, cache: false })
    await writeFile(join(folder, name), code)
    for (const [path, { source }] of Object.entries(assets)) await writeFile(join(folder, path), source)
  }
}

await tools[tool]()
