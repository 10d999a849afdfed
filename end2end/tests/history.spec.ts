// Audit History as the server renders it: filters, pages, an entry with its difference.
import { readFileSync } from 'node:fs';
import { expect, test } from './support/fixtures';
import { openForm } from './support/hydrated';
import { LABELS } from './support/setting';
import { table } from './support/table';

const CHANGES = 'Changes, newest first';

test('each change is listed with who, what, from what to what, and what came of it', async ({ page, namespace }) => {
  await namespace.save({ excludeInboundPorts: ['7001'] });
  await namespace.save({ excludeInboundPorts: ['7001', '7002'], excludeOutboundPorts: [] }, 'INC-4711');
  await page.goto(`/audit?namespace=${namespace.name}`);
  const rows = table(page, CHANGES).getByRole('row').filter({ has: page.getByRole('rowheader') });
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText(`Saved the setting of namespace ${namespace.name}`);
  await expect(rows.first()).toContainText('excludeInboundPorts: + 7002');
  await expect(rows.first()).toContainText('excludeOutboundPorts: inherit → explicitly empty');
  await expect(rows.first()).toContainText('Reason: INC-4711');
  await expect(rows.first()).toContainText('Succeeded');
  await expect(rows.last()).toContainText('excludeInboundPorts: inherit → 7001');
});

test('the filter is the address, and the form shows it', async ({ page, namespace, javaScriptEnabled }) => {
  await namespace.save({ excludeInboundPorts: ['7001'] });
  await openForm(page, '/audit', javaScriptEnabled);
  const field = page.getByRole('searchbox', { name: 'Name', exact: true });
  await page.getByRole('combobox', { name: 'Namespace' }).selectOption(namespace.name);
  await field.fill('default');
  await field.press('Enter');
  await expect(page).toHaveURL((url) => url.searchParams.get('namespace') === namespace.name && url.searchParams.get('name') === 'default');
  await expect(table(page, CHANGES).getByRole('rowheader')).toHaveCount(1);
  await expect(field).toHaveValue('default');
  await expect(page.getByRole('combobox', { name: 'Namespace' })).toHaveValue(namespace.name);

  await page.goto(`/audit?namespace=${namespace.name}&action=delete-pod`);
  await expect(page.getByRole('combobox', { name: 'Action' })).toHaveValue('delete-pod');
  await expect(page.getByRole('heading', { name: 'No change matches' })).toBeVisible();
  await page.getByRole('link', { name: 'Show all changes' }).click();
  await expect(page).toHaveURL('/audit');
});

test('a name in the list leads to all of its changes', async ({ page, namespace }) => {
  await namespace.save({ excludeInboundPorts: ['7001'] });
  await page.goto(`/audit?namespace=${namespace.name}`);
  const actor = table(page, CHANGES).getByRole('row').nth(1).getByRole('cell').nth(1).getByRole('link');
  const name = (await actor.innerText()).trim();
  await actor.click();
  await expect(page).toHaveURL((url) => url.searchParams.get('actor') === name && url.searchParams.get('namespace') === namespace.name);
  await expect(page.getByRole('searchbox', { name: 'Who' })).toHaveValue(name);
  await expect(table(page, CHANGES).getByRole('rowheader')).toHaveCount(1);
});

test('the history is paged, newest first, and every change is on one page', async ({ page, namespace }) => {
  for (const port of ['1', '2', '3']) await namespace.save({ excludeInboundPorts: [port] });
  await page.goto(`/audit?namespace=${namespace.name}&limit=2`);
  const rows = table(page, CHANGES).getByRole('row').filter({ has: page.getByRole('rowheader') });
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText('2 → 3');
  const pager = page.getByRole('navigation', { name: 'Pages of the list' });
  await expect(pager).toContainText('2 of 3');
  await pager.getByRole('link', { name: 'Next page' }).click();
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText('inherit → 1');
  await expect(pager.getByRole('link', { name: 'Next page' })).toHaveCount(0);
});

test('an entry has an address of its own and shows both sides', async ({ page, namespace }) => {
  await namespace.save({ excludeInboundPorts: ['7001', '7002'], excludeOutboundPorts: ['5432'] });
  const id = await namespace.save({ excludeInboundPorts: ['7002', '7005'], excludeOutboundPorts: [] }, 'INC-4711');
  await page.goto(`/audit/${id}`);
  await expect(page).toHaveTitle(`Saved the setting of namespace ${namespace.name} · Sidestep`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Saved the setting of namespace ${namespace.name}`);
  await expect(page.getByText('INC-4711')).toBeVisible();
  const what = page.getByRole('region', { name: 'What changed' });
  await expect(what.getByRole('heading', { name: LABELS.excludeInboundPorts })).toBeVisible();
  await expect(what.getByText('removed 7001')).toBeAttached();
  await expect(what.getByText('added 7005')).toBeAttached();
  await expect(what.getByText('explicitly empty')).toBeVisible();
  await page.getByText(/as recorded \(JSON\)/).click();
  await expect(page.getByRole('group', { name: 'JSON' }).first()).toContainText('"excludeInboundPorts"');
  await page.getByRole('link', { name: 'All changes of the same thing' }).click();
  await expect(table(page, CHANGES).getByRole('rowheader')).toHaveCount(2);
});

test('an entry leads to the setting as it is now', async ({ page, namespace }) => {
  const id = await namespace.save({ excludeInboundPorts: ['7001'] });
  await page.goto(`/audit/${id}`);
  await page.getByRole('link', { name: "The namespace's setting as it is now" }).click();
  await expect(page).toHaveURL(`/sidecar-proxy-setting/namespaces/${namespace.name}`);
});

test('an entry that is not there is told', async ({ page }) => {
  await page.goto('/audit/00000000-0000-0000-0000-000000000000');
  await expect(page.getByRole('heading', { name: 'There is no such change, or you may not see it' })).toBeVisible();
});

test('a kind that the address asks for stays in the form, also one that the form does not know', async ({ page, namespace }) => {
  for (const kind of ['Deployment', 'Sidecar', 'SomethingNew']) {
    await page.goto(`/audit?namespace=${namespace.name}&kind=${kind}`);
    await expect(page.getByRole('combobox', { name: 'Kind' })).toHaveValue(kind);
  }
});

test('what the filters leave is a file too, a change a line', async ({ page, namespace }) => {
  const first = await namespace.save({ excludeInboundPorts: ['7001'] });
  const second = await namespace.save({ excludeInboundPorts: ['7002'] });
  await page.goto(`/audit?namespace=${namespace.name}&limit=1`);
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Export' }).click()]);
  expect(file.suggestedFilename()).toBe('sidestep-history.ndjson');
  const lines = readFileSync(await file.path(), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual([second, first]);
});
