import { test as base, expect, type BrowserContext } from '@playwright/test';

interface Options {
  /**
   * What the browser itself will report although all is well: it writes a line for every answer that is no success.
   * Only a test that asks for such an answer says so.
   */
  expected: RegExp | undefined;
}

interface Fixtures {
  complaints: string[];
}

/** Notes what a page of `context` complains of: a console error or warning, an uncaught exception. */
export function listen(context: BrowserContext, complaints: string[]): void {
  context.on('weberror', (error) => complaints.push(`exception: ${error.error().message}`));
  context.on('console', (message) => {
    // Chromium reports what the content security policy refuses as an error too; Leptos warns of a page that it could
    // not hydrate.
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
}

/** The browser's own line for an answer with one of these statuses. */
export function answers(...statuses: number[]): RegExp {
  return new RegExp(`^Failed to load resource: the server responded with a status of (${statuses.join('|')})\\b`);
}

/** Without scripts nothing uses the code that the page asks for early; the browser remarks on that. */
const UNUSED = /was preloaded using link preload but not used/;

/** A page whose every complaint (console error, uncaught exception, refused by the policy) fails the test. */
export const test = base.extend<Options & Fixtures>({
  expected: [undefined, { option: true }],
  complaints: [
    async ({ context, expected, javaScriptEnabled }, use) => {
      const complaints: string[] = [];
      listen(context, complaints);
      await use(complaints);
      const isFine = (text: string) => expected?.test(text) || (!javaScriptEnabled && UNUSED.test(text));
      expect(complaints.filter((text) => !isFine(text))).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
