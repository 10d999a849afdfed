// axe on every page and in every state that has a design, in both themes.
import type { Page } from '@playwright/test';
import { expectNoBarrier } from './support/axe';
import { answers, expect, test } from './support/fixtures';
import { hydrated, open } from './support/hydrated';
import { GLOBAL, NAMESPACES, Setting } from './support/setting';
import { row, table } from './support/table';

// axe looks at every element, twice.
test.setTimeout(90_000);

/** Looks at the page as it is, in both themes. */
async function look(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await test.step(colorScheme, () => expectNoBarrier(page));
  }
}

for (const [name, path] of [
  ['Mesh Management', '/'],
  ['Mesh Management without a match', '/?q=no-such-namespace'],
  ['the global tab', GLOBAL],
  ['the Namespace tab', NAMESPACES],
  ['Deployments', '/workloads/deployments'],
  ['Deployments without a match', '/workloads/deployments?q=no-such-deployment'],
  ['Pods', '/workloads/pods'],
  ['Pods without a match', '/workloads/pods?q=no-such-pod'],
  ['an address that cannot be read', '/workloads/pods?sort=colour'],
  ['a pod that is gone', '/workloads/pods/default/no-such-pod'],
  ['a Deployment that is gone', '/workloads/deployments/default/no-such-deployment'],
  ['a namespace that is not there', `${NAMESPACES}/no-such-namespace`],
  ['Audit History without a match', '/audit?name=no-such-thing'],
  ['a change that is not there', '/audit/no-such-change'],
  ['Annotation Reference', '/annotations'],
  ['Lints', '/lints'],
  ['Verify before a question', '/workloads/verify'],
  ['StatefulSets', '/workloads/statefulsets'],
  ['DaemonSets', '/workloads/daemonsets'],
  ['Verifications', '/workloads/verifications'],
  ['a verification that is not there', '/workloads/verify/no-such-verification'],
  ['Restarts', '/workloads/restarts'],
  ['a restart that is not there', '/workloads/restarts/no-such-restart'],
  ['Lints without a match', '/lints?q=no-such-thing'],
  ['the namespaces of the tab Workload', '/sidecar-proxy-setting/workloads'],
  ['the workload settings of a namespace', '/sidecar-proxy-setting/workloads/default'],
  ['a workload setting to be made', '/sidecar-proxy-setting/workloads/default/create'],
] as const) {
  test(`nothing stands in a reader’s way: ${name}`, async ({ page }) => {
    await open(page, path);
    await look(page);
  });
}

test.describe('an unknown address', () => {
  test.use({ expected: answers(404) });

  test('nothing stands in a reader’s way', async ({ page }) => {
    await open(page, '/no/such/page');
    await look(page);
  });
});

test('nothing stands in a reader’s way: a namespace with stale pods and what leads from it', async ({ page, namespace }) => {
  const [pod] = await namespace.deploy('web');
  await namespace.bare('alone');
  const change = await namespace.save({ excludeInboundPorts: ['7001', '9000-9010'], excludeOutboundPorts: [] }, 'INC-4711');
  await namespace.hasStale(2);
  for (const path of [
    `${NAMESPACES}/${namespace.name}`,
    `/workloads/deployments/${namespace.name}/web`,
    `/workloads/pods/${namespace.name}/${pod}`,
    `/workloads/verify?namespace=${namespace.name}&pod=${pod}&direction=inbound&port=9005`,
    `/audit?namespace=${namespace.name}`,
    `/audit/${change}`,
  ]) {
    await open(page, path);
    await test.step(path, () => look(page));
  }
});

test('nothing stands in a reader’s way: a form in use', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('includeInboundPorts').override.check();
  await setting.field('excludeInboundPorts').set('7001, 70000');
  await setting.field('excludeOutboundIPRanges').set('10.1.2.3/8');
  await test.step('with mistakes', () => look(page));
  await setting.field('excludeInboundPorts').remove('70000').click();
  await setting.update.click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await test.step('with a question', () => look(page));
  await page.getByRole('dialog').getByRole('button', { name: 'Update Settings' }).click();
  await expect(setting.saved).toBeVisible();
  await test.step('saved', () => look(page));
  await setting.field('excludeOutboundPorts').set('80');
  await namespace.store({ excludeInboundPorts: ['9000'] });
  await page.getByRole('button', { name: 'Show both versions' }).click();
  await test.step('with two versions', () => look(page));
  await page.getByRole('combobox', { name: 'Namespace' }).click();
  await expect(setting.choices.first()).toBeVisible();
  await test.step('with the drop-down list', () => look(page));
});

test('nothing stands in a reader’s way: More and Delete', async ({ page, namespace }) => {
  await namespace.deploy('web');
  await namespace.bare('alone');
  await open(page, `/workloads/pods?namespace=${namespace.name}`);
  await row(table(page, 'Pods'), 'alone').getByRole('button', { name: /^More/ }).click();
  await test.step('the menu', () => look(page));
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByRole('dialog')).toContainText('gone for good');
  await test.step('the question', () => look(page));
});

test.describe('as a user with few rights', () => {
  test.use({ expected: answers(403) });

  test('nothing stands in a reader’s way: what may not be seen', async ({ page, cluster }) => {
    await page.setExtraHTTPHeaders({ authorization: `Bearer ${cluster.token('shop-editor')}` });
    for (const path of ['/', GLOBAL, `${NAMESPACES}/default`, '/workloads/pods?namespace=default', '/audit']) {
      await open(page, path);
      await test.step(path, () => look(page));
    }
  });
});

test.describe('while the API fails', () => {
  test.use({ expected: answers(503) });

  test('nothing stands in a reader’s way: what could not be read', async ({ page }) => {
    await open(page, '/annotations');
    const problem = {
      type: 'tag:sidestep.dev,2026:cluster-unreachable',
      title: 'The cluster does not answer',
      status: 503,
      detail: 'the connection was refused',
      wayOut: 'check that the API server runs',
      requestId: '4711',
    };
    const refuse = { status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) };
    await page.route(/\/api\/v1\/(pods|meshes|settings|deployments|namespaces)/, (route) => route.fulfill(refuse));
    const navigation = page.getByRole('navigation', { name: 'Pages', exact: true });
    for (const place of ['Mesh Management', 'Sidecar Proxy Setting', 'Deployments', 'Pods']) {
      await navigation.getByRole('link', { name: place }).click();
      await expect(page.getByRole('alert').first()).toContainText('The cluster does not answer');
      await test.step(place, () => look(page));
    }
  });

  test('nothing stands in a reader’s way: what is still being read', async ({ page }) => {
    await open(page, '/annotations');
    await page.route('**/api/v1/pods**', () => undefined);
    await page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'Pods' }).click();
    await expect(page.getByText('Reading the pods…')).toBeAttached();
    await look(page);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });
});

test('the chosen theme is the one that is looked at', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto('/');
  await hydrated(page);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByLabel('Theme').selectOption('dark');
  await expect.poll(background).not.toBe(light);
  await expectNoBarrier(page);
});
