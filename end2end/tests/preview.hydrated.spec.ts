// What *Update Settings* would do, before it is pressed.
import { expectNoBarrier } from './support/axe';
import { expect, test } from './support/fixtures';
import { Setting } from './support/setting';

test('an update is previewed in words, in numbers, as YAML and by other means, and the cluster is asked', async ({ page, namespace }) => {
  await namespace.store({ excludeInboundPorts: ['7001'], excludeOutboundPorts: ['5432'] });
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7002');
  await page.getByRole('button', { name: 'Preview', exact: true }).click();

  const panel = page.getByRole('group').filter({ has: page.getByRole('heading', { name: 'Preview of the update' }) }).last();
  await expect(panel).toContainText('excludeInboundPorts: 7001 becomes  → 7001, 7002');
  await expect(panel.getByText('Dry run passed')).toBeVisible();
  await expect(panel.getByRole('row', { name: /^Get something else/ })).toBeVisible();
  await panel.getByText('As YAML', { exact: true }).click();
  await expect(panel.getByText('+    - "7002"')).toBeVisible();
  await panel.getByText('The same by other means').click();
  await expect(panel.getByText(/curl --fail-with-body/)).toContainText(`/api/v1/settings/namespaces/${namespace.name}`);
  await expect(panel.getByText(/kind: SidecarSetting/).last()).toContainText('- "7002"');
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expectNoBarrier(page);
  }
  // Nothing was stored by looking.
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['7001'], excludeOutboundPorts: ['5432'] });

  await page.getByRole('textbox', { name: 'Reason (optional, for the history)' }).fill('ticket 7');
  await setting.save();
  await expect(panel).toBeHidden();
  await setting.saved.click();
  await expect(page.getByText('ticket 7')).toBeVisible();
});

test('once the preview has gone, the cluster is not asked any more whether it would take an update', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7001');
  await page.getByRole('button', { name: 'Preview', exact: true }).click();
  await expect(page.getByText('Dry run passed')).toBeVisible();
  await setting.save();
  const [request] = await Promise.all([
    page.waitForRequest((request) => request.url().endsWith('/api/v1/settings:preview')),
    setting.field('excludeOutboundPorts').set('5432'),
  ]);
  expect(request.postDataJSON()).toMatchObject({ dryRun: false });
});

test('who owns a setting is said, and it is updated only when that is ticked', async ({ page, namespace, cluster }) => {
  await namespace.store({ excludeInboundPorts: ['7001'] });
  const path = `apis/sidestep.dev/v1alpha1/namespaces/${namespace.name}/sidecarsettings/default`;
  await cluster.ask('PATCH', path, { metadata: { labels: { 'argocd.argoproj.io/instance': 'shop' } } });
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await expect(page.getByText('It belongs to Argo CD (application shop).')).toBeVisible();
  await setting.field('excludeInboundPorts').set('7002');
  await setting.update.click();
  const tick = page.getByRole('checkbox', { name: 'Update it all the same' });
  await expect(tick).toBeFocused();
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['7001'] });
  await tick.check();
  await setting.save();
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['7001', '7002'] });
});

test('what somebody edits with kubectl appears in the form at once, and in the history as made outside', async ({ page, namespace }) => {
  await namespace.store({ excludeInboundPorts: ['7001'] });
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').expectItems('7001');
  await namespace.store({ excludeInboundPorts: ['7001', '7002'] });
  await setting.field('excludeInboundPorts').expectItems('7001', '7002');
  await page.goto(`/audit?namespace=${namespace.name}`);
  await expect(page.getByRole('table').getByText(/outside Sidestep/i).first()).toBeVisible();
});
