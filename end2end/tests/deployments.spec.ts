// Workloads › Deployments, the list and one of them.
import { expect, test } from './support/fixtures';
import { LABELS } from './support/setting';
import { column, row, table } from './support/table';

const DEPLOYMENTS = '/workloads/deployments';

test('a Deployment is listed with its pods, how many are injected and how many stale', async ({ page, namespace }) => {
  await namespace.deploy('web', { replicas: 2 });
  await namespace.store({ excludeInboundPorts: ['7001'] });
  await namespace.hasStale(2);
  await page.goto(`${DEPLOYMENTS}?namespace=${namespace.name}`);
  const list = table(page, 'Deployments');
  await expect(row(list, 'web')).toContainText('2/2');
  for (const name of ['Pods', 'Injected', 'Stale']) expect(await column(list, name), name).toEqual(['2']);
  await row(list, 'web').getByRole('link', { name: 'Stale pods of web: 2' }).click();
  await expect(page).toHaveURL(`/workloads/pods?namespace=${namespace.name}&state=stale&owner=web`);
  await expect(table(page, 'Pods').getByRole('rowheader')).toHaveCount(2);
});

test('Deployments are filtered and sorted by the address', async ({ page, namespace }) => {
  await namespace.deploy('beta');
  await namespace.store({ excludeInboundPorts: ['7001'] });
  await namespace.deploy('alpha');
  await namespace.hasStale(1);
  await page.goto(`${DEPLOYMENTS}?namespace=${namespace.name}&stale=true`);
  const list = table(page, 'Deployments');
  await expect(list.getByRole('rowheader')).toHaveText(['beta']);
  await expect(page.getByRole('combobox', { name: 'Stale pods' })).toHaveValue('true');
  await page.goto(`${DEPLOYMENTS}?namespace=${namespace.name}`);
  await expect(list.getByRole('rowheader')).toHaveText(['alpha', 'beta']);
  await list.getByRole('link', { name: 'Stale', exact: true }).click();
  await expect(list.getByRole('rowheader')).toHaveText(['beta', 'alpha']);
  await expect(page).toHaveURL(/sort=-stale/);
  await page.goto(`${DEPLOYMENTS}?namespace=${namespace.name}&q=nothing-like-it`);
  await expect(page.getByRole('heading', { name: 'No Deployment matches' })).toBeVisible();
});

test('a Deployment’s page shows its pods, what the next one gets, and its conditions', async ({ page, namespace }) => {
  const [pod] = await namespace.deploy('web');
  await namespace.store({ excludeOutboundIPRanges: ['47.100.20.144/32'] });
  await namespace.hasStale(1);
  await page.goto(`${DEPLOYMENTS}?namespace=${namespace.name}`);
  await table(page, 'Deployments').getByRole('link', { name: 'web', exact: true }).click();
  await expect(page).toHaveURL(`${DEPLOYMENTS}/${namespace.name}/web`);
  await expect(page.getByRole('heading', { name: 'web', level: 1 })).toBeVisible();
  await expect(row(table(page, 'Pods'), pod!)).toContainText('Stale');
  const field = table(page, 'Fields').getByRole('row').filter({ hasText: LABELS.excludeOutboundIPRanges });
  await expect(field).toContainText('47.100.20.144/32');
  await expect(row(table(page, 'Conditions'), 'Available')).toContainText('True');
  await row(table(page, 'Pods'), pod!).getByRole('link', { name: pod! }).click();
  await expect(page).toHaveURL(`/workloads/pods/${namespace.name}/${pod}`);
});

test('a pod that cannot be judged is not called current', async ({ page, namespace, cluster }) => {
  const [pod] = await namespace.deploy('web');
  // The revision that it was injected by is gone.
  const labels = { 'istio-injection': null, 'istio.io/rev': 'gone' };
  await cluster.ask('PATCH', `api/v1/namespaces/${namespace.name}`, { metadata: { labels } });
  await namespace.hasUnknown(1);
  await page.goto(`${DEPLOYMENTS}/${namespace.name}/web`);
  await expect(page.getByText('What its one injected pod runs cannot be judged.')).toBeVisible();
  await expect(row(table(page, 'Pods'), pod!)).toContainText('Unknown');
  await page.goto('/');
  await expect(page.getByRole('link', { name: /^\d+ cannot be judged$/ })).toBeVisible();
  await expect(page.getByText('All run their settings')).toHaveCount(0);
});

test('a workload setting that selects the pods is named, and a link', async ({ page, namespace, cluster }) => {
  await namespace.deploy('web');
  await cluster.store(namespace.name, { excludeInboundPorts: ['7001'] }, 'special', { app: 'web' });
  await namespace.hasStale(1);
  await page.goto(`${DEPLOYMENTS}/${namespace.name}/web`);
  await expect(page.getByText('Workload settings that select its pods: special')).toBeVisible();
  await expect(page.getByRole('link', { name: 'special', exact: true })).toHaveAttribute(
    'href',
    `/sidecar-proxy-setting/workloads/${namespace.name}/settings/special`,
  );
  const field = table(page, 'Fields').getByRole('row').filter({ hasText: LABELS.excludeInboundPorts });
  await expect(field).toContainText('Workload special');
});

test('a Deployment that is gone is told', async ({ page, namespace }) => {
  await page.goto(`${DEPLOYMENTS}/${namespace.name}/web-gone`);
  await expect(page.getByRole('heading', { name: /gone|no such/i, level: 3 })).toBeVisible();
  await expect(page.getByRole('link', { name: 'View in YAML' })).toHaveCount(0);
});

test('a page of the list whose rows have gone leads to the first', async ({ page, namespace, cluster }) => {
  for (const name of ['alpha', 'beta']) await namespace.deploy(name);
  await page.goto(`${DEPLOYMENTS}?namespace=${namespace.name}&limit=1`);
  const last = await page.getByRole('link', { name: 'Next page' }).getAttribute('href');
  await cluster.remove(`apis/apps/v1/namespaces/${namespace.name}/deployments/beta`);
  const nothing = page.getByRole('heading', { name: 'Nothing more here' });
  await expect(async () => {
    await page.goto(last!);
    await expect(nothing).toBeVisible({ timeout: 1000 });
  }).toPass();
  await page.getByRole('link', { name: 'Go to the first page' }).click();
  await expect(table(page, 'Deployments').getByRole('rowheader')).toHaveText(['alpha']);
});
