// Sidecar Proxy Setting of a namespace: the three states of a field, mistakes, and the ways back.
import { answers, expect, test } from './support/fixtures';
import { LABELS, Setting } from './support/setting';

test('a field that is not ticked inherits, and says what and from where', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await expect(page.getByText('Nothing is set at this level: every field is inherited.')).toBeVisible();
  const field = setting.field('includeInboundPorts');
  await expect(field.override).not.toBeChecked();
  await expect(field.input).toBeHidden();
  await expect(page.getByText('Nothing to update')).toBeVisible();
  await setting.insist();
  expect(await namespace.stored()).toBeUndefined();
});

test('an overridden field is stored, and says what it overrides', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const field = setting.field('excludeOutboundPorts');
  await field.set('5432');
  await expect(page.getByText('Overrides the built-in default: nothing')).toBeVisible();
  await expect(page.getByText('One field changed')).toBeVisible();
  await setting.save();
  await expect(page.getByText('No pod with a sidecar runs here yet: the next one gets this.')).toBeVisible();
  await expect(setting.unsaved).toHaveCount(0);
  expect(await namespace.stored()).toEqual({ excludeOutboundPorts: ['5432'] });
  await page.reload();
  await field.expectItems('5432');
});

test('a pasted list becomes items, and each can be taken away', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const field = setting.field('excludeInboundPorts');
  await field.override.check();
  await field.input.focus();
  // A column of a spreadsheet, as the clipboard has it.
  await field.input.evaluate((input) => {
    const data = new DataTransfer();
    data.setData('text', '7001\n7002, 7005;9000-9010');
    input.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await field.expectItems('7001', '7002', '7005', '9000-9010');
  await field.remove('7002').click();
  await field.expectItems('7001', '7005', '9000-9010');
  await expect(field.remove('7005')).toBeFocused();
  await setting.save();
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['7001', '7005', '9000-9010'] });
});

test('what is typed and not confirmed is saved all the same', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const field = setting.field('excludeInboundPorts');
  await field.override.check();
  await field.input.fill('7001,7002');
  await setting.save();
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['7001', '7002'] });
});

test('ticked and empty is explicitly empty, in words and in the cluster', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const field = setting.field('excludeOutboundPorts');
  await field.override.check();
  await expect(field.input).toHaveAccessibleDescription(/Explicitly empty: No port is left out/);
  await setting.save();
  await expect(page.getByText('explicitly empty', { exact: true }).first()).toBeVisible();
  expect(await namespace.stored()).toEqual({ excludeOutboundPorts: [] });
  await page.reload();
  await expect(field.override).toBeChecked();
  await expect(field.items).toHaveCount(0);
});

test('an empty field that takes all inbound traffic from the sidecar is asked about first', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('includeInboundPorts').override.check();
  await setting.update.click();
  const question = page.getByRole('dialog', { name: 'Take this traffic from the sidecar?' });
  await expect(question).toContainText('All inbound traffic goes straight to the application');
  await question.getByRole('button', { name: 'Go back' }).click();
  await expect(question).toBeHidden();
  await expect(setting.update).toBeFocused();
  expect(await namespace.stored()).toBeUndefined();

  await setting.update.click();
  await question.getByRole('button', { name: 'Update Settings' }).click();
  await expect(setting.saved).toBeVisible();
  expect(await namespace.stored()).toEqual({ includeInboundPorts: [] });
});

test('excluding every address is asked about, however it is written', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const field = setting.field('excludeOutboundIPRanges');
  await field.set('0.0.0.0/1, 128.0.0.0/1');
  await expect(field.input).toHaveAccessibleDescription(/Every IPv4 address is excluded/);
  await setting.update.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).click();
  expect(await namespace.stored()).toBeUndefined();
});

const MISTAKES = [
  ['excludeInboundPorts', '70000', /70000 is not a port: ports end at 65535/],
  ['excludeInboundPorts', '0', /0 is not a port: ports start at 1/],
  ['excludeInboundPorts', 'http', /http is a name: write the port's number/],
  ['includeOutboundPorts', '*', /\* is not a (port|value)/],
  ['excludeOutboundIPRanges', '47.XX.XX.144/32', /digits masked out, as documentation prints addresses/],
  ['excludeOutboundIPRanges', 'example.com', /is a host name/],
  ['excludeOutboundIPRanges', '10.0.0.0/33', /too long a mask: it ends at \/32/],
  ['includeOutboundIPRanges', '10.0.0.1-10.0.0.9', /range with a dash/],
] as const;

test('a mistake is told beside its field, and nothing is sent', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const written: string[] = [];
  page.on('request', (request) => {
    if (['PUT', 'DELETE'].includes(request.method())) written.push(request.url());
  });
  for (const [name, text, why] of MISTAKES) {
    const field = setting.field(name);
    await field.set(text);
    await expect(field.input, `${name}: ${text}`).toHaveAccessibleDescription(why);
    await expect(field.input).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByText('One field needs a correction first').first()).toBeVisible();
    await setting.insist();
    await expect(field.input).toBeFocused();
    await field.remove(text).click();
    await expect(field.input).not.toHaveAttribute('aria-invalid', 'true');
    await field.override.uncheck();
  }
  expect(written).toEqual([]);
});

test('one wrong item does not hide which of several it is, and can be corrected in place', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const field = setting.field('excludeInboundPorts');
  await field.set('7001, 70002, 7005');
  await expect(page.getByRole('button', { name: /^Correct/ })).toHaveCount(1);
  await page.getByRole('button', { name: 'Correct 70002' }).click();
  await expect(field.input).toBeFocused();
  await expect(field.input).toHaveValue('70002');
  await field.input.fill('7002');
  await setting.save();
  expect((await namespace.stored())?.excludeInboundPorts?.sort()).toEqual(['7001', '7002', '7005']);
});

test('a value is shown as it will be stored where that is not as typed', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const field = setting.field('excludeOutboundIPRanges');
  await field.set('10.1.2.3/8, 192.168.1.7');
  await expect(field.input).toHaveAccessibleDescription(/Will be stored as 10\.0\.0\.0\/8, 192\.168\.1\.7\/32/);
  await setting.save();
  await field.expectItems('10.0.0.0/8', '192.168.1.7/32');
  expect(await namespace.stored()).toEqual({ excludeOutboundIPRanges: ['10.0.0.0/8', '192.168.1.7/32'] });
});

test('a field goes back to inherit by itself', async ({ page, namespace }) => {
  await namespace.store({ excludeInboundPorts: ['7001'], excludeOutboundPorts: ['5432'] });
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').reset.click();
  await expect(setting.field('excludeInboundPorts').override).not.toBeChecked();
  await expect(setting.field('excludeInboundPorts').override).toBeFocused();
  await setting.save();
  expect(await namespace.stored()).toEqual({ excludeOutboundPorts: ['5432'] });
});

test('the level goes back to inherit as a whole, after a question', async ({ page, namespace }) => {
  await namespace.store({ excludeInboundPorts: ['7001'], excludeOutboundPorts: [] });
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await page.getByRole('button', { name: 'Reset to inherited', exact: true }).click();
  const question = page.getByRole('dialog', { name: `Reset the setting of namespace ${namespace.name} to inherited?` });
  await expect(question).toContainText('excludeInboundPorts');
  await question.getByRole('button', { name: 'Reset to inherited' }).click();
  await expect(setting.saved).toBeVisible();
  // The button that was pressed has gone.
  await expect(setting.update).toBeFocused();
  await expect(setting.field('excludeInboundPorts').override).not.toBeChecked();
  expect(await namespace.stored()).toBeUndefined();
});

test('success says what changed, counts the stale pods and leads to them', async ({ page, namespace }) => {
  await namespace.deploy('web', { replicas: 2 });
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7001');
  await page.getByRole('textbox', { name: 'Reason (optional, for the history)' }).fill('JMX must be reachable');
  await setting.save();
  await expect(page.getByText('Settings updated').first()).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'excludeInboundPorts: inherit' })).toContainText('7001');
  await expect(page.getByText('2 of 2 pods still run the old setting')).toBeVisible();
  await page.getByRole('link', { name: 'Show the stale pods' }).click();
  await expect(page).toHaveURL(`/workloads/pods?namespace=${namespace.name}&state=stale`);
  await expect(page.getByRole('table', { name: 'Pods' }).getByRole('rowheader')).toHaveCount(2);
  await page.goBack();
  // The visit is a new one: the outcome is told by what is stored.
  await expect(page.getByText('2 of 2 pods still run the old setting')).toBeVisible();
});

test('a change is recorded with its reason, and the form leads to the record', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7001');
  await page.getByRole('textbox', { name: 'Reason (optional, for the history)' }).fill('INC-4711');
  await setting.save();
  await setting.saved.click();
  await expect(page).toHaveURL(/\/audit\/.+/);
  await expect(page.getByText('INC-4711')).toBeVisible();
  await expect(page.getByText('added 7001')).toBeAttached();
});

test('the Important box and the scopes stand by the form', async ({ page, namespace }) => {
  await new Setting(page).open(namespace.name);
  const beside = page.getByRole('complementary', { name: 'About bypassing the sidecar' });
  await expect(beside.getByText('Important')).toBeVisible();
  for (const lost of ['mutual TLS', 'load balancing', 'retries', 'metrics']) await expect(beside).toContainText(lost);
  const scopes = page.getByRole('table', { name: 'Scopes of settings' });
  for (const scope of ['Global', 'Namespace', 'Workload', 'Pod']) {
    await expect(scopes.getByRole('rowheader', { name: scope, exact: true })).toBeVisible();
  }
});

test('each of the six fields has its label, its help and an example', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  for (const name of Object.keys(LABELS) as (keyof typeof LABELS)[]) {
    const field = setting.field(name);
    await expect(page.getByRole('heading', { name: LABELS[name], exact: true })).toBeVisible();
    await expect(field.override).toHaveAccessibleDescription(/traffic to these .* Example: \S+/);
  }
});

test('the namespace is chosen by typing a part of its name', async ({ page, namespace, another }) => {
  const other = await another({ 'istio-injection': 'disabled' });
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const choice = page.getByRole('combobox', { name: 'Namespace' });
  await choice.click();
  await expect(setting.choices.filter({ hasText: namespace.name })).toBeVisible();
  await choice.fill(other.name.slice(2));
  await expect(setting.choices).toHaveCount(1);
  await expect(setting.choices).toContainText(other.name);
  await expect(setting.choices).toContainText('Disabled');
  await choice.press('Enter');
  await expect(page).toHaveURL(new RegExp(`${other.name}$`));
  await expect(setting.field('excludeInboundPorts').override).toBeEnabled();
});

test('Enter chooses by what is typed, also before the list has followed', async ({ page, namespace, another }) => {
  const other = await another();
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const choice = page.getByRole('combobox', { name: 'Namespace' });
  await choice.click();
  // The one that is shown is the active one.
  await expect(page.getByRole('option', { name: namespace.name, selected: true })).toBeVisible();
  await choice.fill(other.name);
  await choice.press('Enter');
  await expect(page).toHaveURL(new RegExp(`${other.name}$`));
  await expect(choice).toHaveValue(other.name);
});

test.describe('where its namespace is deleted', () => {
  // It is asked for once more.
  test.use({ expected: answers(404) });
  // What is in it goes first.
  test.setTimeout(90_000);

  test('the form says so, keeps what is typed, and saves nothing', async ({ page, namespace }) => {
    const setting = new Setting(page);
    await setting.open(namespace.name);
    await setting.field('excludeInboundPorts').set('7001');
    await expect(setting.update).toBeEnabled();
    await namespace.remove();
    const gone = page.getByText('The namespace of this setting is not there any more');
    await expect(gone.first()).toBeVisible({ timeout: 60_000 });
    await expect(setting.update).toHaveAttribute('aria-disabled', 'true');
    await setting.insist();
    await setting.field('excludeInboundPorts').expectItems('7001');
    await expect(setting.saved).toHaveCount(0);
  });
});

test.describe('as a user who may only look', () => {
  test.use({ expected: answers(403) });

  test('the form is for reading, and says why', async ({ page, namespace, cluster }) => {
    await namespace.store({ excludeInboundPorts: ['7001'] });
    await page.setExtraHTTPHeaders({ authorization: `Bearer ${cluster.token('viewer')}` });
    await page.goto(`/sidecar-proxy-setting/namespaces/${namespace.name}`);
    await expect(page.getByText('You may look, not save')).toBeVisible();
    await expect(page.getByText('7001', { exact: true }).first()).toBeVisible();
    await expect(page.getByRole('button', { name: 'Update Settings' })).toHaveCount(0);
    await expect(page.getByRole('checkbox')).toHaveCount(0);
  });
});
