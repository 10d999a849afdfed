// The browser that tests and pictures share.
import { devices, type PlaywrightTestConfig } from '@playwright/test';

const chromium = process.env.SIDESTEP_CHROMIUM;
const isRoot = process.getuid?.() === 0;

export const browser = {
  ...devices['Desktop Chrome'],
  baseURL: process.env.SIDESTEP_URL ?? 'http://127.0.0.1:8080',
  launchOptions: {
    ...(chromium ? { executablePath: chromium } : {}),
    chromiumSandbox: !isRoot,
    // Nothing but our own network is needed: without these, Chromium asks its maker's hosts for updates at every start.
    args: [
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-quic',
      '--disable-sync',
      '--no-first-run',
    ],
  },
} satisfies PlaywrightTestConfig['use'];
