/** @type {import('jest').Config} */
const shared = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': '@swc/jest',
    '^.+\\.(js|mjs|cjs)$': '<rootDir>/test/support/jest-transform.js',
  },
  transformIgnorePatterns: [],
  // Jest cannot transform files for a worker thread, which runs the built file instead. `npm test` builds first.
  moduleNameMapper: { '^\\./worker$': '<rootDir>/dist/database/embedded/worker.js' },
};

/** @type {import('jest').Config} */
module.exports = {
  // Tests wait for I/O much of the time, so that three workers are faster than two, even on two cores.
  maxWorkers: 3,
  // Of unit specs. The other projects set theirs in a setup file, since Jest ignores this option in a project.
  testTimeout: 5_000,
  projects: [
    { ...shared, displayName: 'unit', roots: ['<rootDir>/src'], testRegex: String.raw`\.spec\.ts$` },
    { ...shared, displayName: 'database', roots: ['<rootDir>/test/database'], testRegex: String.raw`\.spec\.ts$`, setupFilesAfterEnv: ['<rootDir>/test/support/time-limit.ts'] },
    {
      ...shared,
      displayName: 'e2e',
      roots: ['<rootDir>/test'],
      testRegex: String.raw`\.e2e-spec\.ts$`,
      setupFilesAfterEnv: ['<rootDir>/test/support/time-limit.ts', '<rootDir>/test/database/watch-scans.ts', '<rootDir>/test/support/stop-worlds.ts'],
    },
  ],
};
