// Verify with scripts: a question by hand is answered while it is typed, and the answer follows the cluster.
import { expect, test } from './support/fixtures';
import { open } from './support/hydrated';
import { Setting } from './support/setting';
import { table } from './support/table';

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

test.describe('a console that does not answer once', () => {
  // The browser's own word on a request that nobody answers.
  test.use({ expected: /net::ERR_FAILED/ });

  test('is asked again how far a verification is, and the list and its own page follow it too', async ({ page, namespace }) => {
    const [pod] = await namespace.deploy('web');
    const url = 'http://192.0.2.1/';
    const one = (state: 'running' | 'done') => ({
      id: 'v1',
      created: '2026-11-24T02:45:19Z',
      actor: 'ada',
      namespace: namespace.name,
      pod,
      url,
      method: 'HEAD',
      state,
      ...(state === 'done' ? { verdict: 'went-round', sentence: 'went round Envoy: the destination answered' } : {}),
    });
    // What it is from the fourth look on.
    let state: 'running' | 'done' = 'done';
    let looks = 0;
    await open(page, `/workloads/verify?namespace=${namespace.name}&pod=${pod}`);
    await page.route(/\/api\/v1\/verifications(\?|$)/, (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({ status: 201, json: one('running') })
        : route.fulfill({ json: { items: [one(state)], total: 1 } }),
    );
    await page.route(/\/api\/v1\/verifications\/v1$/, (route) => {
      looks += 1;
      return looks === 2 ? route.abort() : route.fulfill({ json: one(looks < 4 ? 'running' : state) });
    });

    const proof = page.getByRole('region', { name: 'Ask the pod itself' });
    await proof.getByRole('textbox', { name: 'URL' }).fill(url);
    await proof.getByRole('button', { name: 'Ask', exact: true }).click();
    await expect(proof.getByText('The console does not answer')).toBeVisible();
    await expect(proof.getByText('Went round Envoy', { exact: true })).toBeVisible();
    await expect(proof.getByText('The console does not answer')).toHaveCount(0);
    // The badge has the verdict, the sentence what decided.
    await expect(proof).toContainText('Went round Envoy The destination answered');

    // Another question, which takes longer.
    state = 'running';
    await proof.getByRole('button', { name: 'Ask', exact: true }).click();
    await expect(proof.getByText('Under way', { exact: true })).toBeVisible();
    await page.getByRole('link', { name: 'All verifications' }).click();
    const list = table(page, 'Verifications, newest first');
    await expect(list).toContainText('Under way');
    state = 'done';
    await expect(list).toContainText('Went round Envoy');

    state = 'running';
    await list.getByRole('rowheader').getByRole('link').click();
    await expect(page.getByRole('heading', { name: 'Verification', exact: true, level: 1 })).toBeVisible();
    await expect(page.getByText('Under way', { exact: true })).toBeVisible();
    state = 'done';
    await expect(page.getByText('Went round Envoy', { exact: true })).toBeVisible();
  });
});
