// Four levels over each other: for each field the nearest level that says something wins, whole. The Global level is
// everybody's, so this runs after the others.
import { answers, expect, test } from './support/fixtures';
import { ROOT } from './support/cluster';
import { flag } from './support/namespace';
import { LABELS } from './support/setting';
import { row, table } from './support/table';

// The page of the old pod is open when that goes.
test.use({ expected: answers(404) });

test.beforeEach(({ cluster }) => cluster.unstore(ROOT));
test.afterEach(({ cluster }) => cluster.unstore(ROOT));

test('of four levels the nearest wins field by field, pods that lack it are found by the filter, and the next one has it', async ({
  page,
  namespace,
  cluster,
}) => {
  const annotations = { 'traffic.sidecar.istio.io/excludeOutboundIPRanges': '10.4.0.0/16' };
  const [old] = await namespace.deploy('web', { annotations });
  await cluster.store(ROOT, {
    excludeInboundPorts: ['7001'],
    excludeOutboundPorts: ['7001'],
    includeOutboundPorts: ['7001'],
    excludeOutboundIPRanges: ['10.1.0.0/16'],
  });
  await namespace.store({
    excludeOutboundPorts: ['7002'],
    includeOutboundPorts: ['7002'],
    excludeOutboundIPRanges: ['10.2.0.0/16'],
  });
  await cluster.store(
    namespace.name,
    { includeOutboundPorts: ['7003'], excludeOutboundIPRanges: ['10.3.0.0/16'] },
    'of-web',
    { app: 'web' },
  );
  await namespace.hasStale(1);

  await page.goto(`/workloads/pods?namespace=${namespace.name}`);
  await page.getByRole('combobox', { name: 'State' }).selectOption('stale');
  await expect(page).toHaveURL(/state=stale/);
  await row(table(page, 'Pods'), old!).getByRole('link', { name: old!, exact: true }).click();

  const of = (label: string) => table(page, 'Fields').getByRole('row').filter({ hasText: label });
  // What it runs is still without the three that the cluster was told since; its own annotation it always had.
  await expect(page.getByText('differs', { exact: true })).toHaveCount(3);
  await expect(of(LABELS.excludeInboundPorts)).toContainText('7001');
  await expect(of(LABELS.excludeOutboundPorts)).toContainText('over Global: 7001');
  await expect(of(LABELS.includeOutboundPorts)).toContainText('7003');
  await expect(of(LABELS.includeOutboundPorts)).toContainText('over Namespace: 7002');
  await expect(of(LABELS.excludeOutboundIPRanges)).toContainText('10.4.0.0/16');
  await expect(of(LABELS.excludeOutboundIPRanges)).toContainText('10.3.0.0/16');

  await namespace.deletePod(old!);
  await namespace.hasStale(0);
  const [fresh] = await namespace.running('web', 1);
  const pod = await namespace.pod(fresh!);
  expect(flag(pod, '-d')).toContain('7001');
  expect(flag(pod, '-o')).toBe('7002');
  expect(flag(pod, '-q')).toBe('7003');
  expect(flag(pod, '-x')).toBe('10.4.0.0/16');
});
