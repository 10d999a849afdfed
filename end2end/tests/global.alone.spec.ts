// The Global level: it is everybody's, so these tests run after the others, one by one, and put it back.
import { expect, test } from './support/fixtures';
import { ROOT } from './support/cluster';
import { flag } from './support/namespace';
import { GLOBAL, LABELS, SECTION, Setting } from './support/setting';
import { row, table } from './support/table';

test.beforeEach(({ cluster }) => cluster.unstore(ROOT));
test.afterEach(({ cluster }) => cluster.unstore(ROOT));

const ADDRESS = '47.100.20.144/32';

test('an address block is excluded for the whole mesh, in the reference page’s words', async ({ page, namespace, cluster }) => {
  const [old] = await namespace.deploy('web');
  await page.goto('/');
  await page.getByRole('link', { name: 'Manage', exact: true }).click();
  const navigation = page.getByRole('navigation', { name: 'Pages', exact: true });
  await navigation.getByRole('link', { name: 'Sidecar Proxy Setting' }).click();
  await page.getByRole('navigation', { name: 'Level' }).getByRole('link', { name: 'global', exact: true }).click();
  await expect(page).toHaveURL(GLOBAL);
  await expect(page.getByText(SECTION, { exact: true })).toBeVisible();
  const label = 'Addresses to Which External Access Is Not Redirected to Sidecar Proxy';
  await page.getByRole('checkbox', { name: `Override ${label}`, exact: true }).check();
  await page.getByRole('textbox', { name: label, exact: true }).fill(ADDRESS);
  await page.getByRole('button', { name: 'Update Settings', exact: true }).click();
  await expect(page.getByRole('link', { name: 'Show this change in the history' })).toBeVisible();
  expect(await cluster.stored(ROOT)).toEqual({ excludeOutboundIPRanges: [ADDRESS] });

  await navigation.getByRole('link', { name: 'Pods' }).click();
  await page.getByRole('combobox', { name: 'Namespace' }).selectOption(namespace.name);
  // Only now do the rows stand still.
  await expect(table(page, 'Pods').getByRole('rowheader')).toHaveCount(1);
  const stale = row(table(page, 'Pods'), old!);
  await expect(stale).toContainText('Stale');
  await stale.getByRole('button', { name: /^More/ }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'OK', exact: true }).click();
  await expect(page.getByRole('rowheader', { name: old!, exact: true })).toHaveCount(0);
  const [fresh] = await namespace.running('web', 1);
  expect(flag(await namespace.pod(fresh!), '-x')).toBe(ADDRESS);
});

test('a namespace inherits what is global, says so, and may say otherwise', async ({ page, namespace, cluster }) => {
  await cluster.store(ROOT, { excludeInboundPorts: ['7001'], excludeOutboundIPRanges: [ADDRESS] });
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const inherited = page.getByText(/^Inherited from global: /);
  await expect(inherited).toHaveCount(2);
  await expect(inherited.filter({ hasText: ADDRESS })).toBeVisible();

  // It overrides, and says what.
  const field = setting.field('excludeInboundPorts');
  await field.set('9000');
  await expect(page.getByText('Overrides global: 7001')).toBeVisible();
  // Explicitly empty is not the same as to inherit.
  await setting.field('excludeOutboundIPRanges').override.check();
  await setting.save();
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['9000'], excludeOutboundIPRanges: [] });

  // A pod gets the namespace's word.
  const [pod] = await namespace.deploy('web');
  const { spec } = await namespace.pod(pod!);
  expect(flag({ metadata: { name: '', uid: '' }, spec: spec! }, '-x') ?? '').toBe('');
  await page.goto(`/workloads/pods/${namespace.name}/${pod}`);
  const of = (label: string) => table(page, 'Fields').getByRole('row').filter({ hasText: label });
  await expect(of(LABELS.excludeInboundPorts)).toContainText('over Global: 7001');
  await expect(of(LABELS.excludeOutboundIPRanges)).toContainText('explicitly empty');

  // And inherits again.
  await setting.open(namespace.name);
  await setting.field('excludeOutboundIPRanges').reset.click();
  await setting.save();
  await expect(inherited.filter({ hasText: ADDRESS })).toBeVisible();
});

test('the inherited value can be started from', async ({ page, namespace, cluster }) => {
  await cluster.store(ROOT, { excludeInboundPorts: ['7001', '7002'] });
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const field = setting.field('excludeInboundPorts');
  await field.override.check();
  await page.getByRole('button', { name: 'Start from the inherited value' }).click();
  await field.expectItems('7001', '7002');
  await expect(field.input).toBeFocused();
});

test('an open form of a namespace follows the Global level', async ({ page, namespace, cluster }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await cluster.store(ROOT, { excludeInboundPorts: ['7001'] });
  await expect(page.getByText('Inherited from global: 7001')).toBeVisible();
  await cluster.unstore(ROOT);
  await expect(page.getByText('Inherited from global')).toHaveCount(0);
});

test('the Global level is reset to inherited as a whole', async ({ page, cluster }) => {
  await cluster.store(ROOT, { excludeInboundPorts: ['7001'] });
  const setting = new Setting(page);
  await page.goto(GLOBAL);
  await setting.field('excludeInboundPorts').expectItems('7001');
  await page.getByRole('button', { name: 'Reset to inherited', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Reset to inherited' }).click();
  await expect(setting.saved).toBeVisible();
  expect(await cluster.stored(ROOT)).toBeUndefined();
});
