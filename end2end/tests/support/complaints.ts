import { test as base, expect } from '@playwright/test';

/** A page whose every complaint (console error, uncaught exception, refused by the policy) fails the test. */
export const test = base.extend<{ complaints: string[] }>({
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
      page.on('console', (message) => {
        // Chromium reports what the content security policy refuses as an error too; Leptos warns of a page that
        // it could not hydrate.
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
