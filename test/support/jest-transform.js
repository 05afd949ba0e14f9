// Nest 12 and some of its dependencies are ES modules, which Jest's CommonJS runtime on Node.js 20 can't load:
// those files are compiled like our own, and CommonJS passes through untouched.
const { existsSync, readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const swc = require('@swc/jest').createTransformer({
  swcrc: false,
  module: { type: 'commonjs', importInterop: 'node' },
  jsc: { target: 'es2023', parser: { syntax: 'ecmascript' } },
});

const typeOfFolder = new Map();

function packageType(folder) {
  if (!typeOfFolder.has(folder)) {
    const manifest = join(folder, 'package.json');
    const own = existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8'));
    const up = dirname(folder);
    typeOfFolder.set(folder, own ? (own.type ?? 'commonjs') : up === folder ? 'commonjs' : packageType(up));
  }
  return typeOfFolder.get(folder);
}

const isModule = (path) => path.endsWith('.mjs') || (path.endsWith('.js') && packageType(dirname(path)) === 'module');

module.exports = {
  process: (source, path, options) => (isModule(path) ? swc.process(source, path, options) : { code: source }),
  getCacheKey: (source, path, options) => swc.getCacheKey(source, path, options),
};
