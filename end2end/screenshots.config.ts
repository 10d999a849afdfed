// Pictures of every page, not tests: `make screenshots` runs this against a sandbox and a console of its own.
import { defineConfig } from '@playwright/test';
import { browser } from './browser';

export default defineConfig({
  testDir: 'screenshots',
  testMatch: '*.pictures.ts',
  outputDir: 'test-results/screenshots',
  workers: 1,
  // One after another in one cluster: each leaves what the next one shows.
  fullyParallel: false,
  timeout: 300_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: { ...browser, contextOptions: { reducedMotion: 'reduce' } },
});
