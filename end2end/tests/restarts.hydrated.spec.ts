// From an update to the pods that run it: a plan, seen first, then carried out.
import { expectNoBarrier } from './support/axe';
import type { Page } from '@playwright/test';
import { answers, expect, test as base } from './support/fixtures';
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

  // The history leads to the workload, and back to the plan.
  const run = page.url();
  await page.getByRole('row', { name: /cart/ }).getByRole('link', { name: 'history' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Restarted Deployment ${namespace.name}/cart`);
  await expect(page.getByRole('link', { name: 'The workload as it is now' })).toHaveAttribute(
    'href',
    `/workloads/deployments/${namespace.name}/cart`,
  );
  await page.getByRole('link', { name: 'The plan that it is part of' }).click();
  await expect(page).toHaveURL(run);

  await page.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: 'Restarts' }).click();
  await expect(page.getByRole('heading', { name: 'Restarts', level: 1 })).toBeVisible();
  await expect(page.getByRole('row', { name: /1 of 1 done/ }).first()).toContainText('Succeeded');
});

test.describe('a plan that is made again', () => {
  // Options out of bounds.
  test.use({ expected: answers(422) });

  test('has the other options, and the first one ends', async ({ page, namespace }) => {
    for (const name of ['a', 'b', 'c']) await namespace.deploy(name);
    await namespace.save({ excludeInboundPorts: ['7001'] });
    await namespace.hasStale(3);
    await plan(page, '', namespace.name);
    const how = page.getByRole('region', { name: 'How', exact: true });
    await expect(how).toContainText('At most 2 workloads at a time, and 100 pods a second');
    await how.getByText('Plan it otherwise').click();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await expectNoBarrier(page);
    }
    const field = (name: string) => how.getByRole('textbox', { name, exact: true });
    const again = how.getByRole('button', { name: 'Plan again' });

    // What is no number is told at once, what is too much by the API; either stands beside its field, and nothing typed is lost.
    await field('Workloads at a time').fill('many');
    await again.click();
    await expect(field('Workloads at a time')).toHaveAccessibleDescription(/`?many`? is no whole number/);
    await field('Workloads at a time').fill('1');
    await field('Pods a second').fill('1000');
    await field('Not before').fill('tonight');
    await again.click();
    await expect(field('Pods a second')).toHaveAccessibleDescription(/is not between 1 and 100/);
    await expect(field('Not before')).toHaveAccessibleDescription(/is no time/);
    await expect(field('Workloads at a time')).toHaveValue('1');

    await field('Pods a second').fill('50');
    await field('Not before').fill('');
    await field('Workloads in a wave').fill('2');
    await how.getByRole('combobox', { name: 'Waves' }).selectOption('All together');
    const first = page.url();
    await again.click();
    await expect(how).toContainText('At most 1 workload at a time, and 50 pods a second');
    await expect(how).toContainText('All are one wave, of at most 2 workloads');
    expect(page.url()).not.toBe(first);
    await page.goto(first);
    await expect(page.getByText('Cancelled', { exact: true })).toBeVisible();
    await expect(page.getByRole('region', { name: 'How', exact: true }).getByText('Plan it otherwise')).toBeHidden();
  });
});

test('a plan is cancelled by keyboard, and the focus is at how it stands', async ({ page, namespace }) => {
  await namespace.deploy('cart');
  await namespace.save({ excludeInboundPorts: ['7001'] });
  await namespace.hasStale(1);
  await plan(page, '', namespace.name);
  await page.getByRole('button', { name: 'Cancel', exact: true }).press('Enter');
  await expect(page.getByText('Cancelled', { exact: true })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'How it stands' })).toBeFocused();
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
