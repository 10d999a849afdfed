// What a test stands on: a page that may not complain, the cluster, a namespace of its own.
import type { Page } from '@playwright/test';
import { Cluster } from './cluster';
import { listen, test as base } from './complaints';
import { Namespace } from './namespace';

interface Fixtures {
  /** A namespace that Istio injects, gone after the test. */
  namespace: Namespace;
  /** Makes another one, with these labels. */
  another: (labels?: Record<string, string>) => Promise<Namespace>;
  /** A second person's page: its own browser context, which may not complain either. */
  colleague: Page;
}

export const test = base.extend<Fixtures, { cluster: Cluster }>({
  cluster: [({}, use) => use(Cluster.fromEnvironment()), { scope: 'worker' }],

  namespace: async ({ another }, use) => {
    await use(await another());
  },

  another: async ({ cluster, playwright, baseURL, context }, use) => {
    // Not the test's own `request`: that one may have another account, or no network.
    const console = await playwright.request.newContext({ baseURL: baseURL ?? '' });
    const made: Namespace[] = [];
    await use(async (labels) => {
      const namespace = await Namespace.make(cluster, console, labels);
      made.push(namespace);
      return namespace;
    });
    // A page that is still open would follow, and complain of what is not there any more.
    await Promise.all(context.pages().map((page) => page.close()));
    await Promise.all(made.map((namespace) => namespace.remove()));
    await console.dispose();
  },

  // After `another`, so that it ends before it.
  colleague: async ({ browser, complaints, another: _ }, use) => {
    const context = await browser.newContext();
    listen(context, complaints);
    await use(await context.newPage());
    await context.close();
  },
});

export { answers, expect } from './complaints';
