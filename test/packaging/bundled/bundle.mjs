// node bundle.mjs BUNDLER '{ "entry", "file", "format": "esm" | "cjs", "minify", "external": ["@aws-sdk"], "conditions" }'
import { builtinModules } from 'node:module'
import { basename, dirname } from 'node:path'

const BUILTIN = new Set(builtinModules.flatMap(name => [name, `node:${name}`]))

const bundlers = {
  async esbuild({ entry, file, format, minify, external, conditions }) {
    const { build } = await import('esbuild')
    await build({
      entryPoints: [entry],
      outfile: file,
      bundle: true,
      platform: 'node',
      format,
      minify,
      ...(conditions.length > 0 ? { conditions: [...conditions, 'module'] } : {}),
      external: external.map(scope => `${scope}/*`),
      // Of the AWS SDK, esbuild prefers the CommonJS, which requires Node's modules, as no ES module of esbuild can.
      ...(format === 'esm' && external.length === 0 ? { mainFields: ['module', 'main'] } : {}),
      logLevel: 'error',
    })
  },

  async webpack({ entry, file, format, minify, external, conditions }) {
    const { default: webpack } = await import('webpack')
    const esm = format === 'esm'
    const stats = await new Promise((resolve, reject) => {
      webpack(
        {
          entry,
          mode: minify ? 'production' : 'development',
          devtool: false,
          resolve: { conditionNames: [...conditions, '...'] },
          target: 'node20',
          experiments: { outputModule: esm },
          output: {
            path: dirname(file),
            filename: basename(file),
            library: { type: esm ? 'module' : 'commonjs2' },
          },
          // import('…') of what is not installed stays outside of the bundle: so there is one file.
          externalsType: esm ? 'module' : 'commonjs',
          externals: external.map(scope => new RegExp(`^${scope}/`)),
        },
        (error, result) => (error ? reject(error) : resolve(result)),
      )
    })
    if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }))
  },

  async rollup({ entry, file, format, minify, external, conditions }) {
    const { rollup } = await import('rollup')
    const plugins = await Promise.all(
      ['commonjs', 'json', 'node-resolve', 'terser'].map(name => import(`@rollup/plugin-${name}`)),
    )
    const [commonjs, json, resolve, terser] = plugins.map(({ default: plugin }) => plugin)
    const bundle = await rollup({
      input: entry,
      external: id => BUILTIN.has(id) || external.some(scope => id.startsWith(`${scope}/`)),
      plugins: [
        resolve({ preferBuiltins: true, exportConditions: ['node', ...conditions] }),
        commonjs(),
        json(),
      ],
      onwarn: () => {},
    })
    const name = basename(file)
    await bundle.write({
      dir: dirname(file),
      entryFileNames: name,
      chunkFileNames: `${name}-[name]-[hash].${format === 'esm' ? 'mjs' : 'cjs'}`,
      format,
      plugins: minify ? [terser()] : [],
    })
  },
}

const [bundler, job] = process.argv.slice(2)
await bundlers[bundler](JSON.parse(job))
