/** @type {import('jest').Config} */
const shared = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': '@swc/jest',
    '^.+\\.(js|mjs|cjs)$': '<rootDir>/test/support/jest-transform.js',
  },
  transformIgnorePatterns: [],
  // A worker thread runs what was built: Jest can't transform for it. `npm test` builds first.
  moduleNameMapper: { '^\\./worker$': '<rootDir>/dist/database/embedded/worker.js' },
};

/** @type {import('jest').Config} */
module.exports = {
  testTimeout: 180_000,
  // Much of the time something is waited for, so three at once are faster even on two cores.
  maxWorkers: 3,
  projects: [
    { ...shared, displayName: 'unit', roots: ['<rootDir>/src', '<rootDir>/test'], testRegex: String.raw`\.spec\.ts$` },
    { ...shared, displayName: 'e2e', roots: ['<rootDir>/test'], testRegex: String.raw`\.e2e-spec\.ts$`, setupFilesAfterEnv: ['<rootDir>/test/database/watch-scans.ts', '<rootDir>/test/support/stop-worlds.ts'] },
  ],
};
