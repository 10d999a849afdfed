// Verify: what happens to a packet. The question is the address, so the answer is there without scripts, too.
import { expect, test } from './support/fixtures';
import { table } from './support/table';

const VERIFY = '/workloads/verify';

test('a question by its address is answered for the pod that runs and for the next one', async ({ page, namespace }) => {
  const [pod] = await namespace.deploy('web');
  const question = `${VERIFY}?namespace=${namespace.name}&pod=${pod}&address=47.100.20.144&port=80`;
  await page.goto(question);
  for (const name of ['This pod', 'The next pod']) {
    await expect(page.getByRole('region', { name })).toContainText('TCP to 47.100.20.144:80 goes to the sidecar');
  }
  await expect(page.getByText('This pod still runs an old setting')).toHaveCount(0);

  await namespace.store({ excludeOutboundIPRanges: ['47.100.20.144/32'] });
  await page.goto(question);
  await expect(page.getByText('This pod still runs an old setting')).toBeVisible();
  await expect(page.getByRole('region', { name: 'This pod' })).toContainText('To the sidecar');
  const next = page.getByRole('region', { name: 'The next pod' });
  await expect(next).toContainText('Bypasses the sidecar');
  await expect(next).toContainText('excludeOutboundIPRanges from Namespace');
  await expect(next).toContainText('-A ISTIO_OUTPUT -d 47.100.20.144/32 -j RETURN');
  const steps = table(next, 'Steps of the next pod');
  await expect(steps.getByRole('row').filter({ hasText: 'excludeOutboundIPRanges' })).toContainText('decides');
  await expect(steps.getByRole('row').filter({ hasText: 'includeOutboundIPRanges' })).toContainText('comes too late');
});

test('what arrives, UDP, DNS that is captured, and IPv6 each have their answer', async ({ page, namespace }) => {
  const annotations = { 'proxy.istio.io/config': '{"proxyMetadata":{"ISTIO_META_DNS_CAPTURE":"true","CAPTURE_ALL_DNS":"true"}}' };
  const [pod] = await namespace.deploy('web', { annotations });
  const running = page.getByRole('region', { name: 'This pod' });
  for (const [question, words] of [
    ['direction=inbound&port=8080', 'goes to the sidecar, as inbound traffic'],
    ['direction=inbound&port=15021', 'its port is in excludeInboundPorts'],
    ['protocol=udp&address=10.0.0.9&port=9000', 'only TCP is redirected'],
    ['protocol=udp&address=10.96.0.10&port=53', 'goes to the agent’s DNS proxy'],
    ['address=2001:db8::9&port=443', 'no rules for IPv6'],
  ]) {
    await page.goto(`${VERIFY}?namespace=${namespace.name}&pod=${pod}&${question}`);
    await expect(running, question).toContainText(words!.replace('’', "'"));
  }
});

test('a Deployment is asked about as a whole: its pods now, and the next one', async ({ page, namespace }) => {
  const pods = await namespace.deploy('web', { replicas: 2 });
  await namespace.store({ excludeOutboundPorts: ['3306'] });
  await page.goto(`${VERIFY}?namespace=${namespace.name}&deployment=web&address=203.0.113.9&port=3306`);
  await expect(page.getByText('Some pods still run an old setting')).toBeVisible();
  const now = table(page.getByRole('region', { name: 'The pods now' }), 'Pods');
  for (const pod of pods) await expect(now.getByRole('row').filter({ hasText: pod })).toContainText('To the sidecar');
  await expect(page.getByRole('region', { name: 'The next pod' })).toContainText('Bypasses the sidecar');
});

test('a question that lacks something says what', async ({ page, namespace }) => {
  await page.goto(VERIFY);
  await expect(page.getByRole('heading', { name: 'What is asked is not complete' })).toBeVisible();
  await page.goto(`${VERIFY}?namespace=${namespace.name}&pod=web&address=shop.example&port=70000`);
  await expect(page.getByText('shop.example is not an IP address')).toBeVisible();
  await expect(page.getByText('70000 is not a port')).toBeVisible();
});

test('a pod’s page leads to the question about it', async ({ page, namespace }) => {
  const [pod] = await namespace.deploy('web');
  await page.goto(`/workloads/pods/${namespace.name}/${pod}`);
  await page.getByRole('link', { name: 'Verify what happens to a packet' }).click();
  await expect(page.getByRole('heading', { name: 'Verify', level: 1 })).toBeVisible();
  await expect(page.getByRole('searchbox', { name: 'Pod' })).toHaveValue(pod!);
});
