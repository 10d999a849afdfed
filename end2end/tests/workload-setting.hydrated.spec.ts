// Sidecar Proxy Setting, the tab Workload: a setting for pods with certain labels, from the first click to the last.
import { answers, expect, test } from './support/fixtures';
import { open } from './support/hydrated';
import { flag } from './support/namespace';
import { Setting } from './support/setting';
import { column, row, table } from './support/table';

const WORKLOADS = '/sidecar-proxy-setting/workloads';
const NAME = 'Name';
const LABELS = 'Labels That a Pod Must Have';

// One test asks for a name that is taken.
test.use({ expected: answers(412) });

test('a workload setting is made, reaches the next pod of its workload alone, and is deleted again', async ({ page, namespace }) => {
  const [cart] = await namespace.deploy('cart');
  const [till] = await namespace.deploy('till');
  await page.goto(`${WORKLOADS}/${namespace.name}`);
  await expect(page.getByRole('heading', { name: 'No workload settings' })).toBeVisible();
  await page.getByRole('link', { name: 'Create', exact: true }).click();

  const setting = new Setting(page);
  const create = page.getByRole('button', { name: 'Create Setting' });
  await page.getByRole('textbox', { name: NAME, exact: true }).fill('cart-ports');
  const labels = page.getByRole('textbox', { name: LABELS });
  const selected = page.getByRole('region', { name: 'Selected workloads' });
  // What it will select is told while one types.
  await labels.fill('app=car');
  await expect(selected).toContainText('Selects nothing');
  await labels.fill('app=cart');
  await expect(selected).toContainText('Selects 1 workload');
  await expect(selected.getByRole('link', { name: 'cart', exact: true })).toBeVisible();
  await setting.field('excludeInboundPorts').set('7001');
  await create.click();

  await expect(page).toHaveURL(`${WORKLOADS}/${namespace.name}/settings/cart-ports`);
  await expect(page.getByText('The one pod with a sidecar still runs the old setting')).toBeVisible();
  expect(await namespace.stored('cart-ports')).toEqual({ excludeInboundPorts: ['7001'] });
  await namespace.hasStale(1);

  await namespace.deletePod(cart ?? '');
  await namespace.hasStale(0);
  const [renewed] = await namespace.running('cart', 1);
  expect(flag(await namespace.pod(renewed ?? ''), '-d')).toContain('7001');
  expect(flag(await namespace.pod(till ?? ''), '-d')).not.toContain('7001');

  await page.getByRole('button', { name: 'Delete setting' }).click();
  const question = page.getByRole('dialog', { name: /^Delete workload setting cart-ports/ });
  await question.getByRole('button', { name: 'Delete setting' }).click();
  await expect(page).toHaveURL(`${WORKLOADS}/${namespace.name}`);
  await expect(page.getByRole('heading', { name: 'No workload settings' })).toBeVisible();
  expect(await namespace.stored('cart-ports')).toBeUndefined();
});

test.describe('where somebody deletes it', () => {
  // It is asked for once more.
  test.use({ expected: answers(404) });

  test('a setting is told to be gone, and to be made anew only once there is something to save', async ({ page, namespace, cluster }) => {
    await cluster.store(namespace.name, { excludeInboundPorts: ['1'] }, 'cart-ports', { app: 'cart' });
    await open(page, `${WORKLOADS}/${namespace.name}/settings/cart-ports`);
    await cluster.unstore(namespace.name, 'cart-ports');
    await expect(page.getByText('This setting is not there any more: its workloads inherit again.')).toBeVisible();
    const anew = page.getByText('To save makes it anew.');
    await expect(anew).toHaveCount(0);
    await new Setting(page).field('excludeInboundPorts').set('7001');
    await expect(anew).toBeVisible();
  });
});

test('where two settings select one pod, the list stands in the order in which they win', async ({ page, namespace, cluster }) => {
  await namespace.deploy('cart');
  await cluster.store(namespace.name, { excludeInboundPorts: ['1'] }, 'a-low', { app: 'cart' });
  await cluster.store(namespace.name, { excludeInboundPorts: ['2'] }, 'b-high', { app: 'cart' });
  await page.goto(`${WORKLOADS}/${namespace.name}/settings/b-high`);
  const selected = page.getByRole('region', { name: 'Selected workloads' });
  await expect(selected).toContainText('Overruled');
  await page.getByRole('textbox', { name: 'Priority' }).fill('10');
  await expect(selected).not.toContainText('Overruled');
  const setting = new Setting(page);
  await setting.save();

  await page.getByRole('link', { name: `Workload settings of ${namespace.name}` }).click();
  const settings = table(page, 'Workload settings');
  await expect(row(settings, 'b-high')).toContainText('10');
  expect(await column(settings, 'Name')).toEqual(['b-high', 'a-low']);
});

test('a name that is taken, a label that is none and a priority that is no number are told where they stand', async ({
  page,
  namespace,
  cluster,
}) => {
  await cluster.store(namespace.name, {}, 'taken', { app: 'cart' });
  await page.goto(`${WORKLOADS}/${namespace.name}/create`);
  const name = page.getByRole('textbox', { name: NAME, exact: true });
  const labels = page.getByRole('textbox', { name: LABELS });
  const priority = page.getByRole('textbox', { name: 'Priority' });
  const create = page.getByRole('button', { name: 'Create Setting' });

  await name.fill('Not A Name');
  await name.blur();
  await expect(name).toHaveAccessibleDescription(/is not a name: use lower-case letters/);
  await name.fill('default');
  await expect(name).toHaveAccessibleDescription(/is for the whole namespace/);
  await name.fill('taken');
  await labels.fill('app');
  await labels.press('Enter');
  await expect(labels).toHaveAccessibleDescription(/app is not a label: write name=value/);
  await page.getByRole('button', { name: 'Correct app' }).click();
  await labels.fill('app=cart');
  await priority.fill('high');
  await expect(priority).toHaveAccessibleDescription(/A priority is one whole number/);
  await priority.fill('3');
  await create.click();
  await expect(page.getByRole('form').getByText('A setting with this name exists already')).toBeVisible();
  await expect(name).toHaveValue('taken');
});
