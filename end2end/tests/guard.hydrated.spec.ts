// Unsaved changes: marked, guarded, kept.
import { expect, test } from './support/fixtures';
import { NAMESPACES, Setting } from './support/setting';

test('a link away asks first; Stay stays, Leave leaves and forgets', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7001');
  await expect(setting.unsaved.first()).toBeVisible();

  const audit = page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'Audit History' });
  await audit.click();
  const question = page.getByRole('dialog', { name: 'Leave without saving?' });
  await expect(question).toContainText(`the setting of namespace ${namespace.name}`);
  await question.getByRole('button', { name: 'Stay' }).click();
  await expect(page).toHaveURL(new RegExp(`${namespace.name}$`));
  await setting.field('excludeInboundPorts').expectItems('7001');

  await audit.click();
  await question.getByRole('button', { name: 'Leave' }).click();
  await expect(page).toHaveURL('/audit');
  await page.goBack();
  await expect(setting.field('excludeInboundPorts').override).not.toBeChecked();
  expect(await namespace.stored()).toBeUndefined();
});

test('the question is closed by Esc, and the focus is back on the link', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7001');
  const pods = page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'Pods' });
  await pods.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(pods).toBeFocused();
});

test('another namespace is not shown before the question is answered', async ({ page, namespace, another }) => {
  const other = await another();
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7001');
  const choice = page.getByRole('combobox', { name: 'Namespace' });
  await choice.click();
  await choice.fill(other.name);
  await expect(setting.choices).toHaveCount(1);
  await choice.press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
  await expect(page).toHaveURL(new RegExp(`${other.name}$`));
  await expect(setting.field('excludeInboundPorts').override).not.toBeChecked();
});

test('closing the tab asks first', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7001');
  const asked = page.waitForEvent('dialog');
  const reload = page.reload();
  const dialog = await asked;
  expect(dialog.type()).toBe('beforeunload');
  await dialog.accept();
  await reload;
});

test('what was not saved is brought back after a reload, and can be discarded', async ({ page, namespace }) => {
  await namespace.store({ excludeInboundPorts: ['7001'] });
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7002');
  page.on('dialog', (dialog) => dialog.accept());
  await page.reload();
  await expect(page.getByText('Your unsaved changes were kept')).toBeVisible();
  await setting.field('excludeInboundPorts').expectItems('7001', '7002');
  await page.getByRole('button', { name: 'Discard changes' }).first().click();
  await setting.field('excludeInboundPorts').expectItems('7001');
  await expect(setting.unsaved).toHaveCount(0);
  await page.reload();
  await setting.field('excludeInboundPorts').expectItems('7001');
  await expect(page.getByText('Your unsaved changes were kept')).toHaveCount(0);
});

test('the Back button loses nothing either', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await page.goto(NAMESPACES);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7001');
  page.on('dialog', (dialog) => dialog.accept());
  await page.goBack();
  await expect(page).toHaveURL(NAMESPACES);
  await page.goForward();
  await expect(page.getByText('Your unsaved changes were kept')).toBeVisible();
  await setting.field('excludeInboundPorts').expectItems('7001');
  await setting.save();
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['7001'] });
});

test('saved changes are not asked about', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7001');
  await setting.save();
  await page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'Pods' }).click();
  await expect(page).toHaveURL('/workloads/pods');
});
