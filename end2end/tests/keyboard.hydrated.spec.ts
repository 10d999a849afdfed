// Everything by keyboard.
import { expect, test } from './support/fixtures';
import { hydrated, open } from './support/hydrated';
import { LABELS, Setting } from './support/setting';
import { row, table } from './support/table';

test('a setting is changed from first to last key without a mouse', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await page.goto('/sidecar-proxy-setting/namespaces');
  await hydrated(page);
  const { keyboard } = page;
  const until = async (locator: ReturnType<typeof page.getByRole>, key = 'Tab') => {
    for (let presses = 0; presses < 60; presses++) {
      if (await locator.evaluateAll((found) => found.some((element) => element === document.activeElement))) return;
      await keyboard.press(key);
    }
    await expect(locator).toBeFocused();
  };

  // Past the navigation.
  await keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();

  await until(page.getByRole('combobox', { name: 'Namespace' }));
  await keyboard.type(namespace.name);
  await expect(page.getByRole('option', { name: namespace.name, selected: true })).toBeVisible();
  await keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`${namespace.name}$`));

  const field = setting.field('excludeInboundPorts');
  await expect(field.override).toBeEnabled();
  await until(field.override);
  await keyboard.press('Space');
  await expect(field.override).toBeChecked();
  await until(field.input);
  await keyboard.type('7001,7002 7003');
  await keyboard.press('Enter');
  await field.expectItems('7001', '7002', '7003');
  // Back into the items, and one away.
  await keyboard.press('ArrowLeft');
  await expect(field.remove('7003')).toBeFocused();
  await keyboard.press('Delete');
  await field.expectItems('7001', '7002');
  await until(setting.update);
  await keyboard.press('Enter');
  await expect(setting.saved).toBeVisible();
  await expect(setting.update).toBeFocused();
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['7001', '7002'] });
});

test('the section folds and unfolds by keyboard', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('includeOutboundIPRanges').override.focus();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(setting.field('excludeInboundPorts').override).toBeHidden();
  await page.keyboard.press('Enter');
  await expect(setting.field('excludeInboundPorts').override).toBeVisible();
});

test('a pod is deleted by keyboard, and the focus is not lost with its row', async ({ page, namespace }) => {
  const [web] = await namespace.deploy('web');
  await open(page, `/workloads/pods?namespace=${namespace.name}`);
  const list = table(page, 'Pods');
  const more = row(list, web!).getByRole('button', { name: /^More/ });
  await more.focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Delete', exact: true })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Delete', exact: true })).toBeHidden();
  await expect(more).toBeFocused();

  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const question = page.getByRole('dialog', { name: `Delete pod ${web}?` });
  const ok = question.getByRole('button', { name: 'OK', exact: true });
  await expect(question).toBeVisible();
  // The safe answer comes first, and the focus does not leave the question.
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(ok).toBeFocused();
  // Once it is known whether a budget guards the pod.
  await expect(ok).toBeEnabled();
  await page.keyboard.press('Enter');
  await expect(question).toBeHidden();
  await expect(page.getByRole('rowheader', { name: web!, exact: true })).toHaveCount(0);
  // In the list, or, where for a moment it had no row at all, on the page's content: never lost.
  const focused = () => page.evaluate(() => document.activeElement?.closest('main')?.tagName);
  await expect.poll(focused).toBe('MAIN');
});

test('the focus is on the new page after a link, and its title is read out', async ({ page }) => {
  await open(page, '/');
  await page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'Pods' }).press('Enter');
  await expect(page.getByRole('heading', { name: 'Pods', level: 1 })).toBeVisible();
  await page.keyboard.press('Tab');
  // Not at the top of the document again.
  await expect(page.getByRole('link', { name: 'Skip to content' })).not.toBeFocused();
});

test('the labels of a field are its accessible names', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  for (const name of Object.keys(LABELS) as (keyof typeof LABELS)[]) {
    await setting.field(name).override.check();
    await expect(setting.field(name).input).toHaveAccessibleName(LABELS[name]);
  }
});
