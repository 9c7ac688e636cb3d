/**
 * Jest runs our TypeScript as Node does: it erases the types and loads the result as an ES module, so there is no
 * transform. One worker, in this process: tests must not overlap on one engine, and what a test leaves open is seen.
 */
const common = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  injectGlobals: true,
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

const needsEngine = {
  ...common,
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

export default {
  maxWorkers: 1,
  // Machines that build are busy; what hangs is seen all the same.
  testTimeout: 20_000,
  reporters: ['default', '<rootDir>/scripts/jest-reporter.ts'],
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['\\.(engine|long)\\.test\\.ts$'],
    },
    { ...needsEngine, displayName: 'engine', testMatch: ['<rootDir>/test/**/*.engine.test.ts'] },
    { ...needsEngine, displayName: 'long', testMatch: ['<rootDir>/test/**/*.long.test.ts'] },
  ],
};
