/** @type {import('jest').Config} */
module.exports = {
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testRegex: String.raw`\.(spec|e2e-spec)\.ts$`,
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': '@swc/jest',
    '^.+\\.(js|mjs|cjs)$': '<rootDir>/test/support/jest-transform.js',
  },
  transformIgnorePatterns: [],
  // A worker thread runs what was built: Jest can't transform for it. `npm test` builds first.
  moduleNameMapper: { '^\\./worker$': '<rootDir>/dist/database/embedded/worker.js' },
  testTimeout: 30_000,
};
