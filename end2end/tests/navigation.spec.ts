// The places of the console, and the way between them: links, with and without scripts.
import { expect, test } from './support/fixtures';
import { GLOBAL, NAMESPACES } from './support/setting';

const PLACES = [
  ['Mesh Management', '/', 'Mesh Management'],
  ['Sidecar Proxy Setting', GLOBAL, 'Sidecar Proxy Setting'],
  ['Deployments', '/workloads/deployments', 'Deployments'],
  ['Lints', '/lints', 'Lints'],
  ['Pods', '/workloads/pods', 'Pods'],
  ['Restarts', '/workloads/restarts', 'Restarts'],
  ['Verify', '/workloads/verify', 'Verify'],
  ['Audit History', '/audit', 'Audit History'],
  ['Annotation Reference', '/annotations', 'Annotation Reference'],
] as const;

test('the navigation leads to every place and marks where one is', async ({ page }) => {
  await page.goto('/');
  const navigation = page.getByRole('navigation', { name: 'Pages', exact: true });
  await expect(navigation.getByRole('heading')).toHaveText([
    'Service Mesh',
    'Data Plane Component Management',
    'Workloads',
    'Records',
  ]);
  for (const [link, path, heading] of PLACES) {
    await navigation.getByRole('link', { name: link, exact: true }).click();
    await expect(page).toHaveURL(path);
    await expect(page.getByRole('heading', { name: heading, level: 1 })).toBeVisible();
    await expect(page).toHaveTitle(`${heading} · Sidestep`);
    await expect(navigation.getByRole('link', { name: link, exact: true })).toHaveAttribute('aria-current', 'page');
  }
});

test('a page below a place marks the place, and its breadcrumbs lead up', async ({ page, namespace }) => {
  const [pod] = await namespace.deploy('web');
  await page.goto(`/workloads/pods/${namespace.name}/${pod}`);
  const pods = page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'Pods' });
  await expect(pods).toHaveAttribute('aria-current', 'true');
  const way = page.getByRole('navigation', { name: 'Breadcrumbs' });
  await expect(way.getByRole('listitem').first()).toHaveText('Mesh Management');
  await expect(way).toContainText('Workloads');
  await way.getByRole('link', { name: 'Pods' }).click();
  await expect(page).toHaveURL('/workloads/pods');
  await way.getByRole('link', { name: 'Mesh Management' }).click();
  await expect(page).toHaveURL('/');
});

test('the mesh leads to its namespaces, and they to their settings and pods', async ({ page, namespace }) => {
  await namespace.deploy('web');
  await page.goto(`/?q=${namespace.name}`);
  const list = page.getByRole('region', { name: 'Namespaces' }).getByRole('table');
  await list.getByRole('link', { name: namespace.name }).click();
  await expect(page).toHaveURL(`${NAMESPACES}/${namespace.name}`);
  await page.goBack();
  await list.getByRole('link', { name: '1', exact: true }).click();
  await expect(page).toHaveURL(`/workloads/pods?namespace=${namespace.name}`);
});

test('verifications belong to Verify', async ({ page }) => {
  await page.goto('/workloads/verifications');
  const place = page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'Verify', exact: true });
  await expect(place).toHaveAttribute('aria-current', 'true');
});

test('Sidecar Proxy Setting is marked on each of its tabs', async ({ page, namespace }) => {
  const place = page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'Sidecar Proxy Setting' });
  for (const path of [GLOBAL, NAMESPACES, `${NAMESPACES}/${namespace.name}`]) {
    await page.goto(path);
    await expect(place).toHaveAttribute('aria-current', /page|true/);
  }
});
