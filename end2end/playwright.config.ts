// The console is started by whoever runs the tests (`cargo xtask test`), and named by SIDESTEP_URL.
import { defineConfig, devices } from '@playwright/test';

const chromium = process.env.SIDESTEP_CHROMIUM;
const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  fullyParallel: true,
  // A test that passes on the second try has told nothing.
  retries: 0,
  workers: 2,
  reporter: 'list',
  use: {
    ...devices['Desktop Chrome'],
    baseURL: process.env.SIDESTEP_URL ?? 'http://127.0.0.1:8080',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromium || undefined,
      chromiumSandbox: !isRoot,
      // Tests need no network but ours: without these, Chromium asks its maker's hosts for updates at every start.
      args: [
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-quic',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
  projects: [
    { name: 'chromium' },
    // What a page says before, or without, its scripts. Specs that press something are named `*.hydrated.spec.ts`.
    { name: 'no-javascript', use: { javaScriptEnabled: false }, testIgnore: '**/*.hydrated.spec.ts' },
  ],
});
