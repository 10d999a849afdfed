// Sidecar Proxy Setting as the server renders it.
import { ROOT } from './support/cluster';
import { expect, test } from './support/fixtures';
import { GLOBAL, LABELS, NAMESPACES, SECTION } from './support/setting';
import { row, table } from './support/table';

test('a level is shown with what it stores and what it inherits', async ({ page, namespace, javaScriptEnabled }) => {
  await namespace.store({ excludeInboundPorts: ['7001', '7002'], excludeOutboundPorts: [] });
  await page.goto(`${NAMESPACES}/${namespace.name}`);
  await expect(page.getByRole('heading', { name: SECTION })).toBeVisible();
  const chips = page.getByRole('list', { name: LABELS.excludeInboundPorts, exact: true }).getByRole('listitem');
  await expect(chips).toHaveText(['7001', '7002']);
  await expect(page.getByText('Explicitly empty:')).toBeVisible();
  await expect(page.getByText('Built-in default: ').first()).toBeVisible();
  const needs = page.getByRole('paragraph').filter({ hasText: 'Saving here needs JavaScript.' });
  if (javaScriptEnabled === false) {
    await expect(needs).toBeVisible();
    await expect(page.getByRole('button', { name: 'Update Settings' })).toBeDisabled();
  } else {
    await expect(needs).toBeHidden();
  }
});

test('the tabs are links, and the namespaces a list that can be searched', async ({ page, namespace }) => {
  await page.goto('/sidecar-proxy-setting/global');
  const tabs = page.getByRole('navigation', { name: 'Level' });
  await expect(tabs.getByRole('link', { name: 'global', exact: true })).toHaveAttribute('aria-current', 'page');
  await tabs.getByRole('link', { name: 'Namespace' }).click();
  await expect(page).toHaveURL(NAMESPACES);
  await expect(tabs.getByRole('link', { name: 'Namespace' })).toHaveAttribute('aria-current', 'page');
  await page.goto(`${NAMESPACES}?q=${namespace.name}`);
  const list = table(page, 'Namespaces');
  await expect(row(list, namespace.name)).toContainText('Inherits all');
  await expect(list.getByRole('rowheader')).toHaveCount(1);
  await list.getByRole('link', { name: namespace.name }).click();
  await expect(page).toHaveURL(`${NAMESPACES}/${namespace.name}`);
});

test('a namespace that is not there is told', async ({ page }) => {
  await page.goto(`${NAMESPACES}/no-such-namespace`);
  await expect(page.getByRole('alert')).toContainText('no-such-namespace');
});

test('the root namespace leads to the global setting, and cannot be chosen', async ({ page }) => {
  await page.goto(`/?q=${ROOT}`);
  await table(page, 'Namespaces').getByRole('link', { name: ROOT, exact: true }).click();
  await expect(page).toHaveURL(GLOBAL);
  for (const choose of [NAMESPACES, '/sidecar-proxy-setting/workloads']) {
    await page.goto(`${choose}?q=${ROOT}`);
    await expect(page.getByRole('rowheader', { name: ROOT, exact: true })).toHaveCount(0);
    await expect(page.getByRole('link', { name: 'the global setting' })).toHaveAttribute('href', GLOBAL);
  }
});
