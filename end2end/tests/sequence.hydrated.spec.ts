// The reference page from its first step to its last, in its words.
import { expect, test } from './support/fixtures';
import { hydrated } from './support/hydrated';
import { flag } from './support/namespace';
import { LABELS, SECTION } from './support/setting';
import { row, table } from './support/table';

test('ports excluded for a namespace reach the pod that comes after a delete', async ({ page, namespace }) => {
  const [old] = await namespace.deploy('productpage');
  const navigation = page.getByRole('navigation', { name: 'Pages', exact: true });

  await test.step('Service Mesh > Mesh Management > Manage', async () => {
    await page.goto('/');
    await expect(navigation.getByRole('heading', { name: 'Service Mesh' })).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Mesh Management', level: 1 })).toBeVisible();
    await page.getByRole('link', { name: 'Manage', exact: true }).click();
  });

  await test.step('Data Plane Component Management > Sidecar Proxy Setting', async () => {
    await expect(navigation.getByRole('heading', { name: 'Data Plane Component Management' })).toBeVisible();
    await navigation.getByRole('link', { name: 'Sidecar Proxy Setting' }).click();
    await expect(page.getByRole('heading', { name: 'Sidecar Proxy Setting', level: 1 })).toBeVisible();
  });

  await test.step('Namespace tab, and the namespace from the Namespace drop-down list', async () => {
    await page.getByRole('navigation', { name: 'Level' }).getByRole('link', { name: 'Namespace' }).click();
    await expect(page).toHaveURL(/\/namespaces$/);
    const choice = page.getByRole('combobox', { name: 'Namespace' });
    await choice.click();
    await choice.pressSequentially(namespace.name);
    await page.getByRole('option', { name: namespace.name }).click();
    await expect(page).toHaveURL(new RegExp(`/namespaces/${namespace.name}$`));
    await expect(choice).toHaveValue(namespace.name);
  });

  await test.step('Expand Enable/Disable Sidecar Proxy by Ports or IP Addresses', async () => {
    const section = page.getByText(SECTION, { exact: true });
    const inside = page.getByRole('checkbox', { name: `Override ${LABELS.excludeInboundPorts}`, exact: true });
    // It is open; folded, it takes what is inside out of sight.
    await expect(inside).toBeEnabled();
    await section.click();
    await expect(inside).toBeHidden();
    await section.click();
    await expect(inside).toBeVisible();
  });

  await test.step('configure the two parameters, and Update Settings', async () => {
    for (const label of [
      'Ports on Which Inbound Traffic Not Redirected to Sidecar Proxy',
      'Ports on Which Outbound Traffic Redirected to Sidecar Proxy',
    ]) {
      await page.getByRole('checkbox', { name: `Override ${label}`, exact: true }).check();
      await page.getByRole('textbox', { name: label, exact: true }).fill('7001,7002,7005');
    }
    await page.getByRole('button', { name: 'Update Settings' }).click();
    await expect(page.getByRole('link', { name: 'Show this change in the history' })).toBeVisible();
    await expect(page.getByText('The one pod with a sidecar still runs the old setting')).toBeVisible();
    expect(await namespace.stored()).toEqual({
      excludeInboundPorts: ['7001', '7002', '7005'],
      includeOutboundPorts: ['7001', '7002', '7005'],
    });
  });

  await test.step('Workloads > Pods > More > Delete', async () => {
    await expect(navigation.getByRole('heading', { name: 'Workloads' })).toBeVisible();
    await navigation.getByRole('link', { name: 'Pods' }).click();
    await expect(page.getByRole('heading', { name: 'Pods', level: 1 })).toBeVisible();
    await page.getByRole('combobox', { name: 'Namespace' }).selectOption(namespace.name);
    const stale = row(table(page, 'Pods'), old!);
    await expect(stale).toContainText('Stale');
    await expect(stale).toContainText('excludeInboundPorts');
    await stale.getByRole('button', { name: /^More/ }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
  });

  await test.step('OK', async () => {
    const question = page.getByRole('dialog', { name: `Delete pod ${old}?` });
    await expect(question).toContainText('Deployment productpage will make a new one.');
    await question.getByRole('button', { name: 'OK', exact: true }).click();
    await expect(question).toBeHidden();
  });

  await test.step('a new pod is created automatically with the updated configuration', async () => {
    await expect(page.getByRole('rowheader', { name: old!, exact: true })).toBeHidden();
    const [fresh] = await namespace.running('productpage', 1);
    expect(fresh).not.toBe(old);
    const shown = row(table(page, 'Pods'), fresh!);
    await expect(shown).toContainText('Current');
    const pod = await namespace.pod(fresh!);
    expect(flag(pod, '-d')?.split(',')).toEqual(expect.arrayContaining(['7001', '7002', '7005']));
    expect(flag(pod, '-q')).toBe('7001,7002,7005');
    await shown.getByRole('link', { name: fresh! }).click();
    await expect(page.getByText('This pod runs what is in force.')).toBeVisible();
    const field = table(page, 'Fields').getByRole('row').filter({ hasText: LABELS.excludeInboundPorts });
    await expect(field).toContainText('7001, 7002, 7005');
    await expect(field).toContainText('Namespace');
  });
});

test('the address of the reference page is refused as it prints it, and taken when it is real', async ({ page, namespace }) => {
  const label = 'Addresses to Which External Access Is Not Redirected to Sidecar Proxy';
  await page.goto(`/sidecar-proxy-setting/namespaces/${namespace.name}`);
  await hydrated(page);
  await page.getByRole('checkbox', { name: `Override ${label}`, exact: true }).check();
  const input = page.getByRole('textbox', { name: label, exact: true });
  await input.fill('47.XX.XX.144/32');
  await input.press('Enter');
  await expect(input).toHaveAccessibleDescription(/47\.XX\.XX\.144\/32.* has digits masked out.*write the real address/);
  // It says that it will not save, and takes one to the mistake.
  await page.getByRole('button', { name: 'Update Settings' }).click({ force: true });
  await expect(input).toBeFocused();
  expect(await namespace.stored()).toBeUndefined();

  await page.getByRole('button', { name: 'Correct 47.XX.XX.144/32' }).click();
  await expect(input).toHaveValue('47.XX.XX.144/32');
  await input.fill('47.100.20.144/32');
  await page.getByRole('button', { name: 'Update Settings' }).click();
  await expect(page.getByRole('link', { name: 'Show this change in the history' })).toBeVisible();
  expect(await namespace.stored()).toEqual({ excludeOutboundIPRanges: ['47.100.20.144/32'] });
});
