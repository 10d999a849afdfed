// Sandbox and console are started by whoever runs the tests (`cargo xtask test`), and named by SIDESTEP_….
import { defineConfig } from '@playwright/test';
import { browser } from './browser';

/** What touches that which all share: the Global setting, the API server. */
const alone = '**/*.alone.spec.ts';

export default defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  // A busy machine may cost a test its time. One that passes at the second try is named at the end of `make test`: it
  // wants mending all the same.
  retries: 1,
  workers: 2,
  reporter: 'list',
  // The cluster, the console and two browsers share two cores.
  expect: { timeout: 10_000 },
  use: { ...browser, trace: 'retain-on-failure' },
  projects: [
    { name: 'chromium', testIgnore: alone, outputDir: 'test-results/chromium' },
    // What a page says before, or without, its scripts. Specs that press something are named `*.hydrated.spec.ts`.
    {
      name: 'no-javascript',
      use: { javaScriptEnabled: false },
      testIgnore: ['**/*.hydrated.spec.ts', alone],
      outputDir: 'test-results/no-javascript',
    },
    // After the others, and one by one.
    {
      name: 'alone',
      testMatch: alone,
      dependencies: ['chromium', 'no-javascript'],
      fullyParallel: false,
      workers: 1,
      outputDir: 'test-results/alone',
    },
  ],
});
