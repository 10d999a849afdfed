// From an update to the pods that run it: a plan, seen first, then carried out.
import { expectNoBarrier } from './support/axe';
import type { Page } from '@playwright/test';
import { expect, test as base } from './support/fixtures';
import { open } from './support/hydrated';
import { OwnConsole } from './support/own';
import { Setting } from './support/setting';

const test = base.extend<{ own: OwnConsole }>({
  own: async ({ context }, use) => {
    const own = await OwnConsole.start();
    await use(own);
    await Promise.all(context.pages().map((page) => page.close()));
    await own.end();
  },
});

/** Makes a plan for the stale workloads of a namespace, by the page that lists plans. */
async function plan(page: Page, url: string, namespace: string): Promise<void> {
  const made = await page.request.post(`${url}/api/v1/restarts`, {
    data: { scope: { is: 'namespace', namespace }, options: { podsPerSecond: 100 } },
  });
  expect(made.ok(), await made.text()).toBe(true);
  const { id } = (await made.json()) as { id: string };
  await open(page, `${url}/workloads/restarts/${id}`);
}

const start = (page: Page) => page.getByRole('button', { name: 'Start', exact: true }).click();

test('an update offers a restart of what it reaches, and the plan is carried out only when it is started', async ({ page, namespace }) => {
  await namespace.deploy('cart');
  await namespace.bare('shell');
  const before = await namespace.pods();
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7001');
  await setting.save();
  await namespace.hasStale(2);
  await page.getByRole('button', { name: 'Restart affected workloads' }).click();

  await expect(page.getByRole('heading', { name: 'Restart', level: 1 })).toBeVisible();
  await expect(page.getByRole('row', { name: /cart/ })).toContainText('Waiting');
  await expect(page.getByRole('row', { name: /cart/ })).toContainText('excludeInboundPorts');
  // A pod that nobody owns would not come back.
  const leftAlone = page.getByRole('region', { name: 'Left alone' });
  await expect(leftAlone.getByRole('row', { name: /shell/ })).toBeVisible();
  expect(await namespace.pods()).toEqual(before);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expectNoBarrier(page);
  }

  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page.getByText('Succeeded', { exact: true })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('row', { name: /cart/ })).toContainText('Done');
  await expect(page.getByText('1 of 1 done')).toBeVisible();
  await namespace.hasStale(1);

  await page.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: 'Restarts' }).click();
  await expect(page.getByRole('heading', { name: 'Restarts', level: 1 })).toBeVisible();
  await expect(page.getByRole('row', { name: /1 of 1 done/ }).first()).toContainText('Succeeded');
});

test('a run is paused, and goes on when it is resumed', async ({ page, namespace }) => {
  test.slow();
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await namespace.deploy(name, { restarted: 'slow' });
  await namespace.save({ excludeInboundPorts: ['7001'] });
  await namespace.hasStale(6);
  await plan(page, '', namespace.name);
  await start(page);
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(page.getByText('Paused', { exact: true })).toBeVisible();
  // What is under way ends; nothing more begins.
  await expect(page.getByRole('row').filter({ hasText: 'Restarting' })).toHaveCount(0, { timeout: 60_000 });
  await expect(page.getByRole('row').filter({ hasText: 'Waiting' })).not.toHaveCount(0);
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await expect(page.getByText('6 of 6 done')).toBeVisible({ timeout: 90_000 });
  await expect(page.getByText('Succeeded', { exact: true })).toBeVisible();
  await namespace.hasStale(0);
});

test('a workload that crashes stops the run, and what has not begun is left as it was', async ({ page, namespace }) => {
  test.slow();
  await namespace.deploy('a', { restarted: 'crash-loop' });
  for (const name of ['b', 'c', 'd', 'e']) await namespace.deploy(name, { restarted: 'slow' });
  await namespace.save({ excludeInboundPorts: ['7001'] });
  await namespace.hasStale(5);
  await plan(page, '', namespace.name);
  await start(page);
  await expect(page.getByText('Stopped on a failure')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('row', { name: /Deployment a in/ })).toContainText('CrashLoopBackOff');
  await expect(page.getByText('Failed', { exact: true }).first()).toBeVisible({ timeout: 60_000 });
  // Once what was under way has ended.
  await expect(page.getByRole('row').filter({ hasText: 'the run stopped before its turn' })).not.toHaveCount(0, { timeout: 60_000 });
});

test.describe('a console that is killed', () => {
  // The browser's own word on a request that nobody answers.
  test.use({ expected: /net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)/ });

  test('goes on with a run when it is back, and the page follows', async ({ page, namespace, own }) => {
    test.slow();
    for (const name of ['a', 'b', 'c', 'd']) await namespace.deploy(name, { restarted: 'slow' });
    await namespace.save({ excludeInboundPorts: ['7001'] });
    await namespace.hasStale(4);
    await plan(page, own.url, namespace.name);
    await start(page);
    await expect(page.getByRole('row').filter({ hasText: 'Restarting' })).not.toHaveCount(0);
    await own.kill();
    await expect(page.getByText('Not live')).toBeVisible({ timeout: 15_000 });
    await own.go();
    await expect(page.getByText('4 of 4 done')).toBeVisible({ timeout: 90_000 });
    await expect(page.getByText('Succeeded', { exact: true })).toBeVisible();
    await namespace.hasStale(0);
  });
});
