import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    // A process for each file: Temporal's native runtime is one for each process.
    pool: 'forks',
    // The servers under test need processors too.
    maxWorkers: 2,
    // What a terminal shows is compared as text.
    env: { NO_COLOR: '1' },
    testTimeout: 90_000,
    hookTimeout: 120_000,
  },
});
