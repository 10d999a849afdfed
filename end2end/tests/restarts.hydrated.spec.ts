// From an update to the pods that run it: a plan, seen first, then carried out.
import { expectNoBarrier } from './support/axe';
import { expect, test } from './support/fixtures';
import { Setting } from './support/setting';

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
