// What others do with `kubectl` appears without a reload.
import { expect, test } from './support/fixtures';
import { open } from './support/hydrated';
import { NAMESPACES, Setting } from './support/setting';
import { row, table } from './support/table';

/** Fails if the page was loaded anew. */
async function staysLoaded(page: import('@playwright/test').Page, work: () => Promise<void>): Promise<void> {
  let loads = 0;
  page.on('load', () => loads++);
  await work();
  expect(loads).toBe(0);
}

test('a pod that is deleted vanishes, and the one in its place appears', async ({ page, namespace }) => {
  const [old] = await namespace.deploy('web');
  await open(page, `/workloads/pods?namespace=${namespace.name}`);
  await expect(row(table(page, 'Pods'), old!)).toBeVisible();
  await staysLoaded(page, async () => {
    await namespace.deletePod(old!);
    await expect(page.getByRole('rowheader', { name: old!, exact: true })).toHaveCount(0);
    const [fresh] = await namespace.running('web', 1);
    await expect(row(table(page, 'Pods'), fresh!)).toContainText('Running');
  });
});

test('pods turn stale when a setting is stored, and the count on the mesh follows', async ({ page, namespace, colleague }) => {
  const [web] = await namespace.deploy('web');
  await open(page, `/workloads/pods?namespace=${namespace.name}`);
  await open(colleague, `/?q=${namespace.name}`);
  const overview = colleague.getByRole('region', { name: 'Namespaces' });
  await expect(row(table(page, 'Pods'), web!)).toContainText('Current');
  await namespace.store({ excludeInboundPorts: ['7001'] });
  await expect(row(table(page, 'Pods'), web!)).toContainText('Stale');
  await expect(row(overview.getByRole('table'), namespace.name).getByRole('link', { name: '1', exact: true })).toHaveCount(2);
  await expect(row(overview.getByRole('table'), namespace.name)).toContainText('namespace');
  await namespace.unstore();
  await expect(row(table(page, 'Pods'), web!)).toContainText('Current');
});

test('a setting that is stored appears in an open form', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await staysLoaded(page, async () => {
    await namespace.store({ excludeInboundPorts: ['7001'] });
    await setting.field('excludeInboundPorts').expectItems('7001');
    await namespace.unstore();
    await expect(setting.field('excludeInboundPorts').override).not.toBeChecked();
  });
});

test('the value that a namespace inherits follows, and what is being typed stays', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const field = setting.field('excludeInboundPorts');
  await field.override.check();
  await field.input.pressSequentially('70');
  await namespace.store({ excludeOutboundPorts: ['5432'] });
  await expect(page.getByText('This level was changed meanwhile')).toBeVisible();
  await expect(field.input).toHaveValue('70');
  await expect(field.input).toBeFocused();
});

test('the history grows while one looks at it', async ({ page, namespace }) => {
  await open(page, `/audit?namespace=${namespace.name}`);
  await expect(page.getByRole('heading', { name: 'No change matches' })).toBeVisible();
  await staysLoaded(page, async () => {
    await namespace.save({ excludeInboundPorts: ['7001'] });
    await expect(page.getByRole('rowheader', { name: `Saved the setting of namespace ${namespace.name}` })).toBeVisible();
  });
});

test('a new namespace can be chosen without a reload', async ({ page, another }) => {
  await open(page, NAMESPACES);
  await staysLoaded(page, async () => {
    const { name } = await another();
    await expect(page.getByRole('rowheader', { name, exact: true })).toBeVisible();
  });
});

test('the focus stays on its row while the list changes around it', async ({ page, namespace }) => {
  await namespace.deploy('middle');
  const [middle] = await namespace.running('middle', 1);
  await open(page, `/workloads/pods?namespace=${namespace.name}&sort=name`);
  const link = page.getByRole('link', { name: middle!, exact: true });
  await link.focus();
  const [above] = await namespace.deploy('above');
  await expect(page.getByRole('rowheader', { name: above!, exact: true })).toBeVisible();
  await expect(link).toBeFocused();
  await namespace.store({ excludeInboundPorts: ['7001'] });
  await expect(row(table(page, 'Pods'), middle!)).toContainText('Stale');
  await expect(page.getByRole('link', { name: middle!, exact: true })).toBeFocused();
});
