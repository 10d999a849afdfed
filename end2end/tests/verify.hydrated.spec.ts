// Verify with scripts: a question by hand is answered while it is typed, and the answer follows the cluster.
import { expect, test } from './support/fixtures';
import { open } from './support/hydrated';
import { Setting } from './support/setting';

test('a question is asked by hand, answered at once, and the answer follows a setting', async ({ page, namespace }) => {
  const [pod] = await namespace.deploy('web');
  await open(page, '/workloads/verify');
  await page.getByRole('combobox', { name: 'Namespace' }).selectOption(namespace.name);
  await page.getByRole('searchbox', { name: 'Pod' }).fill(pod!);
  await page.getByRole('searchbox', { name: 'Address', exact: true }).fill('not an address');
  // It is refused where it is typed, and nothing is sent.
  await expect(page.getByText('not an address is not an IP address')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Address', exact: true }).fill('203.0.113.9');
  await page.getByRole('searchbox', { name: 'Port', exact: true }).fill('3306');
  const next = page.getByRole('region', { name: 'The next pod' });
  await expect(next).toContainText('To the sidecar');
  await expect(page).toHaveURL(/address=203\.0\.113\.9&port=3306/);
  await namespace.store({ excludeOutboundPorts: ['3306'] });
  await expect(next).toContainText('Bypasses the sidecar');
  await expect(page.getByRole('region', { name: 'This pod' })).toContainText('To the sidecar');
  await expect(page.getByText('This pod still runs an old setting')).toBeVisible();
  // And the other way by a choice.
  await page.getByRole('combobox', { name: 'Direction' }).selectOption('Inbound');
  await page.getByRole('searchbox', { name: 'Address', exact: true }).fill('');
  await expect(next).toContainText('as inbound traffic');
});

test('before it is saved, a change says where a packet would go', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await page.getByText('Try a packet with these settings').click();
  await page.getByRole('textbox', { name: 'Address', exact: true }).fill('47.100.20.144');
  await page.getByRole('textbox', { name: 'Port', exact: true }).fill('80');
  await expect(page.getByText('TCP to 47.100.20.144:80 goes to the sidecar')).toBeVisible();
  await setting.field('excludeOutboundIPRanges').set('47.100.20.144/32');
  await expect(page.getByText('TCP to 47.100.20.144:80 goes round the sidecar')).toBeVisible();
  // A verdict is of the packet and the fields as they stand.
  await setting.field('excludeInboundPorts').set('70000');
  await expect(page.getByText('Shown once the fields have no mistakes.').last()).toBeVisible();
  await page.getByRole('textbox', { name: 'Port', exact: true }).fill('443');
  await expect(page.getByText(/^TCP to 47\.100\.20\.144/)).toHaveCount(0);
  await setting.field('excludeInboundPorts').remove('70000').click();
  await expect(page.getByText('TCP to 47.100.20.144:443 goes round the sidecar')).toBeVisible();
  // Nothing was saved for it, and what is wrong is said.
  expect(await namespace.stored()).toBeUndefined();
  await page.getByRole('textbox', { name: 'Port', exact: true }).fill('99999');
  await expect(page.getByText('99999 is not a port')).toBeVisible();
});
