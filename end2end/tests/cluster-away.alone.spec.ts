// The cluster stops to answer, and answers again. It is everybody's: these tests run alone.
import { expectNoBarrier } from './support/axe';
import { answers, expect, test } from './support/fixtures';
import { open } from './support/hydrated';
import { Setting } from './support/setting';
import { row, table } from './support/table';

test.use({ expected: answers(502, 503, 504) });
// It takes the console a while to be sure, and again to be sure of the contrary.
test.setTimeout(120_000);
const SOON = { timeout: 45_000 };

test.afterEach(async ({ cluster, request }) => {
  await cluster.thaw();
  // The next test is to find a console that sees the cluster.
  await expect.poll(async () => (await request.get('/readyz')).status(), SOON).toBe(200);
});

test('a visit goes on over a cluster that stops and starts', async ({ page, namespace, cluster }) => {
  const [old] = await namespace.deploy('web');
  await open(page, `/workloads/pods?namespace=${namespace.name}`);
  await cluster.freeze();
  await expect(page.getByText('The cluster is not fully in view')).toBeVisible(SOON);
  // What was seen last stays, and other pages open.
  await expect(row(table(page, 'Pods'), old!)).toBeVisible();
  await expectNoBarrier(page);
  const navigation = page.getByRole('navigation', { name: 'Pages', exact: true });
  await navigation.getByRole('link', { name: 'Mesh Management' }).click();
  await expect(page.getByRole('heading', { name: 'Mesh Management', level: 1 })).toBeVisible();
  await expect(page.getByText('The cluster is not fully in view')).toBeVisible();
  await navigation.getByRole('link', { name: 'Annotation Reference' }).click();
  await expect(page.getByRole('heading', { name: 'Annotation Reference', level: 1 })).toBeVisible();

  await cluster.thaw();
  await expect(page.getByText('The cluster is not fully in view')).toHaveCount(0, SOON);
  await navigation.getByRole('link', { name: 'Pods' }).click();
  await page.getByRole('combobox', { name: 'Namespace' }).selectOption(namespace.name);
  await expect(row(table(page, 'Pods'), old!)).toBeVisible();
  await namespace.deletePod(old!);
  await expect(page.getByRole('rowheader', { name: old!, exact: true })).toHaveCount(0, SOON);
});

test('a save while the cluster is away is refused in words, loses nothing, and succeeds afterwards', async ({
  page,
  namespace,
  cluster,
}) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7001');
  await cluster.freeze();
  await setting.update.click();
  await expect(page.getByText('Nothing was changed in the form: what you entered is still here.')).toBeVisible(SOON);
  await setting.field('excludeInboundPorts').expectItems('7001');
  await cluster.thaw();
  await expect(page.getByText('The cluster is not fully in view')).toHaveCount(0, SOON);
  await expect(async () => {
    if (await setting.unsaved.first().isVisible()) await setting.update.click();
    await expect(setting.unsaved).toHaveCount(0);
  }).toPass(SOON);
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['7001'] });
});

test('a page that is opened while the cluster is away says so, and follows by itself', async ({ page, namespace, cluster }) => {
  await cluster.freeze();
  await page.goto(`/sidecar-proxy-setting/namespaces/${namespace.name}`);
  await expect(page.getByRole('heading', { name: 'Sidecar Proxy Setting', level: 1 })).toBeVisible(SOON);
  await expect(page.getByText('The cluster is not fully in view')).toBeVisible(SOON);
  await cluster.thaw();
  await expect(page.getByText('The cluster is not fully in view')).toHaveCount(0, SOON);
  const setting = new Setting(page);
  await expect(setting.field('excludeInboundPorts').override).toBeEnabled(SOON);
});
