// Annotation Reference: every annotation, each with an address of its own.
import { expect, test } from './support/fixtures';
import { LABELS } from './support/setting';

const PREFIX = 'traffic.sidecar.istio.io/';
const RELATED = [
  'traffic.sidecar.istio.io/excludeInterfaces',
  'istio.io/reroute-virtual-interfaces',
  'traffic.sidecar.istio.io/kubevirtInterfaces',
  'sidecar.istio.io/interceptionMode',
];

test('the six settings and the related annotations are all there', async ({ page }) => {
  await page.goto('/annotations');
  await expect(page).toHaveTitle('Annotation Reference · Sidestep');
  const keys = Object.keys(LABELS).map((name) => PREFIX + name);
  for (const key of [...keys, ...RELATED]) {
    const entry = page.getByRole('region', { name: key, exact: true });
    await expect(entry, key).toBeAttached();
    for (const fact of ['Effect', 'Format', 'Example', 'Default', 'When it is empty', 'May be set at', 'Traps']) {
      await expect(entry.getByText(fact, { exact: true }), `${key}: ${fact}`).toBeAttached();
    }
  }
});

test('the page’s own list leads to each of them', async ({ page }) => {
  await page.goto('/annotations');
  const index = page.getByRole('navigation', { name: 'Annotations' });
  const key = `${PREFIX}excludeOutboundIPRanges`;
  await index.getByRole('link', { name: key }).click();
  await expect(page).toHaveURL(`/annotations#${key}`);
  await expect(page.getByRole('region', { name: key, exact: true })).toBeInViewport();
  await expect(page.getByRole('heading', { name: key })).toBeInViewport();
});

test('an address with an annotation opens the page there', async ({ page }) => {
  for (const key of [`${PREFIX}excludeInboundPorts`, 'sidecar.istio.io/interceptionMode']) {
    // Another page between: the same one would not be opened anew.
    await page.goto('/audit');
    await page.goto(`/annotations#${key}`);
    await expect(page.getByRole('heading', { name: key })).toBeInViewport();
  }
});

test('an annotation of a setting leads to its form', async ({ page }) => {
  await page.goto('/annotations');
  const entry = page.getByRole('region', { name: `${PREFIX}excludeInboundPorts`, exact: true });
  await entry.getByRole('link', { name: 'Open the form: excludeInboundPorts' }).click();
  await expect(page).toHaveURL('/sidecar-proxy-setting/global');
});

test('each level at which it may be set leads to its form', async ({ page }) => {
  await page.goto('/annotations');
  const entry = page.getByRole('region', { name: `${PREFIX}excludeInboundPorts`, exact: true });
  for (const [level, form] of [
    ['Global', 'global'],
    ['Namespace', 'namespaces'],
    ['Workload', 'workloads'],
  ] as const) {
    await expect(entry.getByRole('link', { name: level, exact: true })).toHaveAttribute('href', `/sidecar-proxy-setting/${form}`);
  }
});
