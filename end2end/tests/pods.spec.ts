// Workloads › Pods as the server renders it: filters are a form, order and pages are links.
import { expect, test } from './support/fixtures';
import { openForm } from './support/hydrated';
import { LABELS } from './support/setting';
import { column, row, table } from './support/table';

const PODS = '/workloads/pods';

test('a pod is listed with its sidecar, its state and its owner', async ({ page, namespace }) => {
  const [web] = await namespace.deploy('web');
  await namespace.bare('alone');
  await namespace.store({ excludeInboundPorts: ['7001'] });
  await namespace.hasStale(2);
  await page.goto(`${PODS}?namespace=${namespace.name}`);
  const list = table(page, 'Pods');
  await expect(list.getByRole('rowheader')).toHaveCount(2);
  for (const text of ['Running', 'Native', 'Stale', 'excludeInboundPorts', 'Deployment web']) {
    await expect(row(list, web!)).toContainText(text);
  }
  await expect(row(list, 'alone')).toContainText('None');
  await expect(row(list, web!).getByRole('link', { name: 'web', exact: true })).toHaveAttribute(
    'href',
    `/workloads/deployments/${namespace.name}/web`,
  );
});

test('the filter is the address, and the form shows it', async ({ page, namespace, javaScriptEnabled }) => {
  await namespace.deploy('web');
  await namespace.deploy('db');
  await openForm(page, `${PODS}?namespace=${namespace.name}`, javaScriptEnabled);
  const search = page.getByRole('searchbox', { name: 'Name contains' });
  await search.fill('web-');
  await search.press('Enter');
  await expect(page).toHaveURL((url) => url.searchParams.get('q') === 'web-' && url.searchParams.get('namespace') === namespace.name);
  await expect(table(page, 'Pods').getByRole('rowheader')).toHaveText([/^web-/]);
  await expect(search).toHaveValue('web-');
  await expect(page.getByRole('combobox', { name: 'Namespace' })).toHaveValue(namespace.name);
});

test('each state can be asked for', async ({ page, namespace }) => {
  await namespace.deploy('web');
  await page.goto(`${PODS}?namespace=${namespace.name}&state=stale`);
  await expect(page.getByRole('heading', { name: 'No stale pods' })).toBeVisible();
  await page.goto(`${PODS}?namespace=${namespace.name}&state=current`);
  await expect(table(page, 'Pods').getByRole('rowheader')).toHaveCount(1);
  await expect(page.getByRole('combobox', { name: 'State' })).toHaveValue('current');
});

test('a column’s head sorts, and once more turns the order round', async ({ page, namespace }) => {
  for (const name of ['beta', 'alpha', 'gamma']) await namespace.deploy(name);
  await page.goto(`${PODS}?namespace=${namespace.name}`);
  const list = table(page, 'Pods');
  const order = async () => (await column(list, 'Name')).map((name) => name.split('-')[0]);
  await list.getByRole('link', { name: 'Name', exact: true }).click();
  await expect(page).toHaveURL(/sort=name/);
  await expect(list.getByRole('columnheader', { name: 'Name', exact: true })).toHaveAttribute('aria-sort', 'ascending');
  await expect.poll(order).toEqual(['alpha', 'beta', 'gamma']);
  await list.getByRole('link', { name: 'Name', exact: true }).click();
  await expect(list.getByRole('columnheader', { name: 'Name', exact: true })).toHaveAttribute('aria-sort', 'descending');
  await expect.poll(order).toEqual(['gamma', 'beta', 'alpha']);
  await expect(page).toHaveURL(new RegExp(`namespace=${namespace.name}`));
});

test('a long list is paged, and every pod is on one page', async ({ page, namespace }) => {
  const names = await namespace.deploy('web', { replicas: 5 });
  await page.goto(`${PODS}?namespace=${namespace.name}&sort=name&limit=2`);
  const pager = page.getByRole('navigation', { name: 'Pages of the list' });
  const list = table(page, 'Pods');
  const seen: string[] = [];
  for (const count of [2, 2, 1]) {
    await expect(list.getByRole('rowheader')).toHaveCount(count);
    await expect(pager).toContainText(`${count} of 5`);
    const page1 = await column(list, 'Name');
    seen.push(...page1);
    if (seen.length < 5) {
      await pager.getByRole('link', { name: 'Next page' }).click();
      await expect(page.getByRole('rowheader', { name: page1[0]!, exact: true })).toHaveCount(0);
    }
  }
  expect(seen).toEqual(names);
  await expect(pager.getByRole('link', { name: 'Next page' })).toHaveCount(0);
  await pager.getByRole('link', { name: 'First page' }).click();
  await expect(list.getByRole('rowheader').first()).toHaveText(names[0]!);
});

test('a filter that nothing matches says so, and leads back', async ({ page }) => {
  await page.goto(`${PODS}?q=no-such-pod-anywhere`);
  await expect(page.getByRole('heading', { name: 'No pod matches' })).toBeVisible();
  await expect(page.getByRole('searchbox', { name: 'Name contains' })).toHaveValue('no-such-pod-anywhere');
  await page.getByRole('link', { name: 'Show all pods' }).click();
  await expect(page).toHaveURL(PODS);
  await expect(table(page, 'Pods').getByRole('rowheader').first()).toBeVisible();
});

test('an address that cannot be read says why', async ({ page }) => {
  await page.goto(`${PODS}?sort=colour`);
  await expect(page.getByRole('alert')).toContainText('colour');
});

test('a pod’s page tells what it runs, what the next one gets, and from which level', async ({ page, namespace, cluster }) => {
  const annotations = { 'traffic.sidecar.istio.io/excludeOutboundPorts': '5432' };
  const [pod] = await namespace.deploy('web', { annotations });
  await namespace.store({ excludeInboundPorts: ['7001', '7002'], excludeOutboundPorts: ['9'] });
  await namespace.hasStale(1);
  await page.goto(`${PODS}/${namespace.name}/${pod}`);
  await expect(page.getByRole('heading', { name: pod!, level: 1 })).toBeVisible();
  await expect(page.getByText('This pod still runs the old setting in 1 field. Delete it to apply.')).toBeVisible();
  const fields = table(page, 'Fields');
  const of = (label: string) => fields.getByRole('row').filter({ hasText: label });
  await expect(of(LABELS.excludeInboundPorts)).toContainText('7001, 7002');
  await expect(of(LABELS.excludeInboundPorts)).toContainText('differs');
  await expect(of(LABELS.excludeInboundPorts).getByRole('link', { name: 'Namespace' })).toHaveAttribute(
    'href',
    `/sidecar-proxy-setting/namespaces/${namespace.name}`,
  );
  await expect(of(LABELS.excludeOutboundPorts)).toContainText('Pod annotation');
  await expect(of(LABELS.excludeOutboundPorts)).toContainText('same');
  await page.getByText('What Istio injected').click();
  await expect(page.getByText('istio-init', { exact: true })).toBeVisible();
  expect(await cluster.stored(namespace.name)).toBeDefined();
});

test('a pod that is gone is told, with the way to those that are there', async ({ page, namespace }) => {
  await page.goto(`${PODS}/${namespace.name}/web-gone`);
  await expect(page.getByRole('heading', { name: 'This pod is gone' })).toBeVisible();
  await page.getByRole('link', { name: 'Show the pods of this namespace' }).click();
  await expect(page).toHaveURL(`${PODS}?namespace=${namespace.name}`);
});
