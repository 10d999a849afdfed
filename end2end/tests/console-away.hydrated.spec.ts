// The console itself does not answer for a while.
import { expect, test as base } from './support/fixtures';
import { Forwarder } from './support/forwarder';
import { open } from './support/hydrated';
import { Setting } from './support/setting';
import { row, table } from './support/table';

const test = base.extend<{ way: Forwarder }>({
  way: async ({ baseURL, context }, use) => {
    const way = await Forwarder.to(baseURL ?? '');
    await use(way);
    await Promise.all(context.pages().map((page) => page.close()));
    await way.cut();
  },
});

// The browser's own word on a request that nobody answers.
test.use({ expected: /net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)/ });

test('what was read stays, the loss is shown, and the page catches up by itself', async ({ page, way, namespace }) => {
  const [old] = await namespace.deploy('web');
  await open(page, `${way.url}/workloads/pods?namespace=${namespace.name}`);
  await way.cut();
  await expect(page.getByText('Not live')).toBeVisible();
  await expect(row(table(page, 'Pods'), old!)).toBeVisible();
  await namespace.deletePod(old!);
  await namespace.running('web', 1);
  await way.mend();
  await expect(page.getByText('Live', { exact: true })).toBeVisible({ timeout: 15_000 });
  await expect(page.getByRole('rowheader', { name: old!, exact: true })).toHaveCount(0);
});

test('a page that is gone to meanwhile says that the console does not answer, and comes by itself', async ({ page, way }) => {
  await open(page, `${way.url}/workloads/pods`);
  const navigation = page.getByRole('navigation', { name: 'Pages', exact: true });
  // Once there, its code is in the browser.
  await navigation.getByRole('link', { name: 'Deployments' }).click();
  await expect(table(page, 'Deployments')).toBeVisible();
  await navigation.getByRole('link', { name: 'Pods' }).click();
  await expect(table(page, 'Pods')).toBeVisible();
  await way.cut();
  await expect(page.getByText('Not live')).toBeVisible();
  await navigation.getByRole('link', { name: 'Deployments' }).click();
  await expect(page.getByRole('alert')).toContainText('The console does not answer');
  await way.mend();
  await expect(table(page, 'Deployments')).toBeVisible({ timeout: 15_000 });
});

test('a save that gets no answer keeps what was entered, and can be tried again', async ({ page, way, namespace }) => {
  const setting = new Setting(page);
  await open(page, `${way.url}/sidecar-proxy-setting/namespaces/${namespace.name}`);
  await setting.field('excludeInboundPorts').set('7001');
  await way.cut();
  await setting.update.click();
  await expect(page.getByText('Nothing was changed in the form: what you entered is still here.')).toBeVisible();
  await setting.field('excludeInboundPorts').expectItems('7001');
  await way.mend();
  await setting.save();
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['7001'] });
});
