// Verify with scripts: a question by hand is answered while it is typed, and the answer follows the cluster.
import { expect, test } from './support/fixtures';
import { open } from './support/hydrated';

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
