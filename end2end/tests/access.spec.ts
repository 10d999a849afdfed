// What a user with few rights sees: their own part of the cluster, and words where there is nothing.
import { expect, test } from './support/fixtures';
import { GLOBAL, NAMESPACES } from './support/setting';
import { table } from './support/table';

test.beforeEach(async ({ page, cluster }) => {
  await page.setExtraHTTPHeaders({ authorization: `Bearer ${cluster.token('shop-editor')}` });
});

test('who may edit one namespace sees its pods', async ({ page }) => {
  await page.goto('/workloads/pods?namespace=shop');
  await expect(table(page, 'Pods').getByRole('rowheader').first()).toBeVisible();
});

test('pods that may not be listed are refused in words, not shown as none', async ({ page }) => {
  await page.goto('/workloads/pods?namespace=default');
  await expect(page.getByRole('alert')).toContainText('You may not see the pods');
});

test('a setting that may not be read is refused in words', async ({ page }) => {
  for (const path of [GLOBAL, `${NAMESPACES}/default`]) {
    await page.goto(path);
    await expect(page.getByRole('alert'), path).toContainText('You may not see the setting');
  }
});

test('the history shows only changes of things that one may list', async ({ page, namespace }) => {
  await namespace.save({ excludeInboundPorts: ['7001'] });
  await page.goto(`/audit?namespace=${namespace.name}`);
  await expect(page.getByRole('heading', { name: 'No change matches' })).toBeVisible();
});
