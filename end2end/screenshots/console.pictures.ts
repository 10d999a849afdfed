// Every page and designed state. Not tests: what matters is whether one would show them to a buyer.
import type { Page } from '@playwright/test';
import { Cluster } from '../tests/support/cluster';
import { expect, test as base } from '@playwright/test';
import { Forwarder } from '../tests/support/forwarder';
import { Manifest } from '../tests/support/manifest';
import { GLOBAL, NAMESPACES, Setting } from '../tests/support/setting';
import { row, table } from '../tests/support/table';
import { forReadme, picture, settled } from './camera';
import { People } from './demo';

const test = base.extend<object, { cluster: Cluster; change: string }>({
  cluster: [({}, use) => use(Cluster.fromEnvironment()), { scope: 'worker' }],
  // Once, before the first picture.
  change: [
    async ({ cluster, playwright }, use, worker) => {
      const baseURL = worker.project.use.baseURL ?? '';
      const console = await playwright.request.newContext({ baseURL });
      await use(await new People(console, cluster).work());
      await console.dispose();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

test.beforeEach(async ({ page, change }) => {
  expect(change).toBeTruthy();
  await page.setViewportSize({ width: 1440, height: 900 });
});

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await settled(page);
}

/** The first pod that a filter lists. */
async function first(page: Page, filter: string): Promise<string> {
  await open(page, `/workloads/pods?${filter}`);
  return (await table(page, 'Pods').getByRole('rowheader').first().innerText()).trim();
}

const navigate = (page: Page, place: string) =>
  page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: place }).click();

test('pages', async ({ page, change }) => {
  for (const [name, path] of [
    ['mesh', '/'],
    ['mesh-no-match', '/?q=nothing'],
    ['sidecar-global', GLOBAL],
    ['sidecar-namespaces', NAMESPACES],
    ['sidecar-namespace', `${NAMESPACES}/default`],
    ['sidecar-namespace-empty-field', `${NAMESPACES}/shop`],
    ['sidecar-namespace-nothing-set', `${NAMESPACES}/legacy`],
    ['sidecar-namespace-missing', `${NAMESPACES}/nowhere`],
    ['deployments', '/workloads/deployments'],
    ['deployments-no-match', '/workloads/deployments?q=nothing'],
    ['deployment', '/workloads/deployments/shop/cart'],
    ['deployment-gone', '/workloads/deployments/shop/nothing'],
    ['statefulsets', '/workloads/statefulsets'],
    ['statefulset', '/workloads/statefulsets/shop/orders-db'],
    ['daemonsets', '/workloads/daemonsets'],
    ['daemonset', '/workloads/daemonsets/payments/fraud-agent'],
    ['yaml', '/workloads/deployments/shop/cart/yaml'],
    ['pods', '/workloads/pods'],
    ['pods-sorted-filtered', '/workloads/pods?state=stale&sort=-created'],
    ['pods-no-match', '/workloads/pods?q=nothing'],
    ['pods-paged', '/workloads/pods?limit=5'],
    ['pod-gone', '/workloads/pods/shop/cart-gone'],
    ['lints', '/lints'],
    ['sidecar-workloads', '/sidecar-proxy-setting/workloads'],
    ['sidecar-workload-settings', '/sidecar-proxy-setting/workloads/shop'],
    ['sidecar-workload-create', '/sidecar-proxy-setting/workloads/shop/create'],
    ['restarts', '/workloads/restarts'],
    ['verify', '/workloads/verify'],
    ['verifications', '/workloads/verifications'],
    ['audit', '/audit'],
    ['audit-filtered', '/audit?namespace=shop&action=save-setting'],
    ['audit-no-match', '/audit?actor=nobody'],
    ['change', `/audit/${change}`],
    ['change-missing', '/audit/nothing'],
    ['annotations', '/annotations'],
    ['bad-address', '/workloads/pods?sort=colour'],
    ['not-found', '/no/such/page'],
  ] as const) {
    await open(page, path);
    await picture(page, name);
  }
});

test('pods one by one', async ({ page }) => {
  for (const [name, namespace, filter] of [
    ['pod-stale', 'payments', 'state=stale'],
    ['pod-current', 'shop', 'state=current'],
    ['pod-without-sidecar', 'legacy', 'state=notApplicable'],
  ] as const) {
    const pod = await first(page, `namespace=${namespace}&${filter}`);
    await open(page, `/workloads/pods/${namespace}/${pod}`);
    await picture(page, name);
  }
  const stale = await first(page, 'namespace=payments&state=stale');
  await open(page, `/workloads/verify?namespace=payments&pod=${stale}&direction=inbound&port=9102`);
  await picture(page, 'verify-answer');
  await open(page, `/workloads/pods/payments/${stale}`);
  await page.getByText('What Istio injected').click();
  await open(page, '/audit?action=delete-pod');
  await page.getByRole('rowheader').first().getByRole('link').click();
  await expect(page).toHaveURL(/\/audit\/.+/);
  await settled(page);
  await picture(page, 'change-pod-deleted');
});

test('a form in use', async ({ page, cluster }) => {
  const setting = new Setting(page);
  await setting.open('default');
  await setting.field('excludeInboundPorts').set('9000-9010');
  await forReadme(page, 'sidecar-setting', 'light');
  await setting.field('excludeOutboundIPRanges').set('47.XX.XX.144/32, 10.1.2.3/8');
  await setting.field('excludeOutboundPorts').override.check();
  await picture(page, 'form-mistakes');
  await navigate(page, 'Pods');
  await expect(page.getByRole('dialog')).toBeVisible();
  await picture(page, 'form-leave', { window: true });
  await page.getByRole('button', { name: 'Stay' }).click();

  await setting.field('excludeOutboundIPRanges').remove('47.XX.XX.144/32').click();
  await page.getByRole('button', { name: 'Preview', exact: true }).click();
  await expect(page.getByText('Dry run passed')).toBeVisible();
  await page.getByText('As YAML', { exact: true }).click();
  await picture(page, 'form-preview');
  await setting.field('includeInboundPorts').override.check();
  await setting.update.click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await picture(page, 'form-caution', { window: true });
  await page.getByRole('button', { name: 'Go back' }).click();
  await setting.field('includeInboundPorts').override.uncheck();

  const before = await cluster.stored('default');
  await cluster.store('default', { ...before, excludeInboundPorts: ['8080'], includeOutboundPorts: ['7001'] });
  await expect(page.getByRole('button', { name: 'Show both versions' })).toBeVisible();
  await picture(page, 'form-overtaken');
  await page.getByRole('button', { name: 'Show both versions' }).click();
  await picture(page, 'form-conflict');
  await page.getByRole('button', { name: 'Use these' }).click();
  await setting.save();
  await picture(page, 'form-saved');
  await page.getByRole('button', { name: 'Reset to inherited', exact: true }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await picture(page, 'form-reset', { window: true });
  await page.getByRole('button', { name: 'Keep it' }).click();

  await page.getByRole('combobox', { name: 'Namespace' }).click();
  await expect(setting.choices.first()).toBeVisible();
  await picture(page, 'form-namespace-choice', { window: true });
});

test('the list of pods in use', async ({ page }) => {
  await open(page, '/workloads/pods');
  await forReadme(page, 'pods', 'dark');
  await page.emulateMedia({ colorScheme: 'light' });
  const pod = await first(page, 'namespace=payments&state=stale');
  const more = row(table(page, 'Pods'), pod).getByRole('button', { name: /^More/ });
  await more.click();
  await picture(page, 'pods-more', { window: true, widths: [1440] });
  await page.keyboard.press('Escape');
  await more.click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  const ok = page.getByRole('dialog').getByRole('button', { name: 'OK', exact: true });
  await expect(ok).toBeEnabled();
  await picture(page, 'pods-delete', { window: true });
  await ok.click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await settled(page);
  await picture(page, 'pods-deleted');

  await open(page, '/workloads/pods?namespace=shop&q=debug-shell');
  await page.getByRole('button', { name: /^More/ }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByRole('dialog')).toContainText('gone for good');
  await expect(ok).toBeEnabled();
  await picture(page, 'pods-delete-bare', { window: true });
});

/** Makes a plan for everything that is stale. */
async function plan(page: Page): Promise<void> {
  await open(page, '/workloads/restarts');
  await page.getByRole('button', { name: 'Plan a restart of everything stale' }).click();
  await expect(page.getByRole('region', { name: 'How', exact: true })).toBeVisible();
  await settled(page);
}

test('a restart, planned and over', async ({ page }) => {
  await plan(page);
  await picture(page, 'restart-planned');
  await page.getByText('Plan it otherwise').click();
  await picture(page, 'restart-otherwise');
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(page.getByText('Cancelled', { exact: true })).toBeVisible();
  await picture(page, 'restart-cancelled');

  await plan(page);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Restarting' }).first()).toBeVisible();
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(page.getByText('Paused', { exact: true })).toBeVisible();
  await picture(page, 'restart-paused');
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await expect(page.getByText('Succeeded', { exact: true })).toBeVisible({ timeout: 120_000 });
  await picture(page, 'restart-succeeded');
});

test('a manifest in hand', async ({ page, cluster }) => {
  const manifest = new Manifest(page);
  await manifest.open('shop', 'checkout');
  await manifest.edit();
  await settled(page);
  await picture(page, 'yaml-edit');
  await manifest.type((text) => text.replace('  replicas: 1\n', '  replicas: 1\n  replica: 3\n'));
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await expect(manifest.result).toContainText('spec.replica');
  await picture(page, 'yaml-refused');
  await manifest.type((text) => text.replace('  replica: 3\n', '').replace('replicas: 1', 'replicas: 3'));
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await expect(manifest.result).toContainText('The cluster would take it');
  await page.getByRole('tab', { name: 'Changes' }).click();
  await picture(page, 'yaml-changes');
  await cluster.ask('PATCH', 'apis/apps/v1/namespaces/shop/deployments/checkout', { spec: { replicas: 4 } });
  await manifest.update.click();
  await expect(page.getByRole('region', { name: 'It was changed meanwhile' })).toBeVisible();
  await picture(page, 'yaml-conflict');
});

test('the pod itself is asked', async ({ page, cluster }) => {
  const none = await cluster.withoutDataPlane();
  test.skip(none !== undefined, none);
  const pod = await first(page, 'namespace=bookinfo&q=sleep');
  await open(page, `/workloads/verify?namespace=bookinfo&pod=${pod}&address=198.51.100.10&port=80`);
  const proof = page.getByRole('region', { name: 'Ask the pod itself' });
  await picture(page, 'verify-proof');
  await proof.getByRole('button', { name: 'Ask', exact: true }).click();
  await expect(proof.getByText('Through Envoy', { exact: true })).toBeVisible({ timeout: 30_000 });
  await picture(page, 'verify-proven');
  await proof.getByRole('radio', { name: /^REGISTRY_ONLY for this workload/ }).check();
  await proof.getByRole('button', { name: 'Ask', exact: true }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await picture(page, 'verify-confirm', { window: true });
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await open(page, '/workloads/verifications');
  await table(page, 'Verifications, newest first').getByRole('link').first().click();
  await expect(page.getByRole('heading', { name: 'Verification', level: 1 })).toBeVisible();
  await picture(page, 'verification');
});

test('the navigation of a narrow window', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, '/');
  await page.getByRole('button', { name: 'Menu' }).click();
  await picture(page, 'menu', { window: true, widths: [390] });
});

test('few rights', async ({ page, cluster }) => {
  await page.setExtraHTTPHeaders({ authorization: `Bearer ${cluster.token('viewer')}` });
  await open(page, `${NAMESPACES}/default`);
  await picture(page, 'form-read-only');
  await page.setExtraHTTPHeaders({ authorization: `Bearer ${cluster.token('shop-editor')}` });
  for (const [name, path] of [
    ['mesh-few-rights', '/'],
    ['pods-refused', '/workloads/pods?namespace=default'],
    ['sidecar-refused', GLOBAL],
  ] as const) {
    await open(page, path);
    await picture(page, name);
  }
});

test('an empty mesh, and answers that do not come', async ({ page }) => {
  await open(page, '/annotations');
  await page.route('**/api/v1/meshes', async (route) => {
    const response = await route.fetch();
    const body = (await response.json()) as { items: { pods: object }[] };
    body.items[0]!.pods = { total: 4, injected: 0, stale: 0, unknown: 0 };
    await route.fulfill({ response, json: body });
  });
  await navigate(page, 'Mesh Management');
  await expect(page.getByText('No pod has a sidecar yet')).toBeVisible();
  await picture(page, 'mesh-first-steps');
  await page.unrouteAll();

  await open(page, '/annotations');
  await page.route('**/api/v1/pods**', () => undefined);
  await navigate(page, 'Pods');
  await expect(page.getByText('Reading the pods…')).toBeAttached();
  await picture(page, 'pods-loading');
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});

test('the console away', async ({ page, baseURL }) => {
  // A browser that is only told to be offline keeps the streams that it has.
  const way = await Forwarder.to(baseURL ?? '');
  await open(page, `${way.url}/workloads/pods`);
  await way.cut();
  await expect(page.getByText('Not live')).toBeVisible();
  await picture(page, 'console-away', { window: true });
});

// Last: it takes the cluster away.
test('the cluster away', async ({ page, cluster }) => {
  const setting = new Setting(page);
  await setting.open('default');
  // One that is not stored there yet: else there is nothing to update.
  await setting.field('excludeInboundPorts').set('7099');
  const list = await page.context().newPage();
  await list.setViewportSize({ width: 1440, height: 900 });
  await open(list, '/workloads/pods');
  try {
    await cluster.freeze();
    await expect(list.getByText('The cluster is not fully in view')).toBeVisible({ timeout: 60_000 });
    await picture(list, 'cluster-away-pods');
    await navigate(list, 'Mesh Management');
    await expect(list.getByText('The cluster is not fully in view')).toBeVisible();
    await picture(list, 'cluster-away-mesh');
    // As somebody does who comes back to the form.
    await page.bringToFront();
    await setting.update.click();
    await expect(page.getByText('Nothing was changed in the form')).toBeVisible({ timeout: 60_000 });
    await picture(page, 'cluster-away-save');
  } finally {
    await cluster.thaw();
  }
});
