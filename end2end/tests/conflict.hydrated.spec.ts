// Two people at one level: nothing is overwritten unseen, and each field is chosen.
import type { Page } from '@playwright/test';
import { answers, expect, test } from './support/fixtures';
import { LABELS, Setting } from './support/setting';
import type { FieldName } from './support/cluster';

test.use({ expected: answers(412) });

/** The choice between two versions of a field. */
function versions(page: Page, field: FieldName) {
  return page.getByRole('group', { name: LABELS[field] });
}

/** Keeps what others do from reaching the page, so that it only learns of it by saving. */
async function deafen(page: Page): Promise<void> {
  await page.route('**/api/v1/events', () => undefined);
}

test('who saves second is shown both versions, chooses field by field, and saves that', async ({ page, colleague, namespace }) => {
  await namespace.store({ excludeInboundPorts: ['7001'], excludeOutboundPorts: ['5432'], includeOutboundPorts: ['80'] });
  await deafen(page);
  const mine = new Setting(page);
  const theirs = new Setting(colleague);
  await mine.open(namespace.name);
  await theirs.open(namespace.name);

  await mine.field('excludeInboundPorts').set('7002');
  await mine.field('excludeOutboundPorts').set('5433');
  await theirs.field('excludeInboundPorts').set('9000');
  await theirs.field('excludeOutboundIPRanges').set('47.100.20.144/32');
  await theirs.save();

  // What nobody but the server can know is told in its answer: 412.
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === 'PUT'),
    mine.update.click(),
  ]);
  expect(answer.status()).toBe(412);
  const panel = page.getByRole('region', { name: 'This level was changed meanwhile' });
  await expect(panel).toBeFocused();

  const both = versions(page, 'excludeInboundPorts');
  await expect(both).toContainText('Was: 7001');
  await expect(both.getByRole('radio', { name: /^Yours/ })).toHaveAccessibleName(/7001, 7002/);
  await expect(both.getByRole('radio', { name: /^Theirs/ })).toHaveAccessibleName(/7001, 9000/);
  // Where only one has changed a field, that one is suggested.
  await expect(versions(page, 'excludeOutboundPorts').getByRole('radio', { name: /^Yours/ })).toBeChecked();
  await expect(versions(page, 'excludeOutboundIPRanges').getByRole('radio', { name: /^Theirs/ })).toBeChecked();
  await expect(versions(page, 'includeOutboundPorts')).toHaveCount(0);

  await both.getByRole('radio', { name: /^Theirs/ }).check();
  await panel.getByRole('button', { name: 'Use these' }).click();
  await expect(panel).toBeHidden();
  await expect(mine.update).toBeFocused();
  expect((await namespace.stored())?.excludeOutboundPorts).toEqual(['5432']);
  await mine.save();
  expect(await namespace.stored()).toEqual({
    excludeInboundPorts: ['7001', '9000'],
    excludeOutboundPorts: ['5432', '5433'],
    excludeOutboundIPRanges: ['47.100.20.144/32'],
    includeOutboundPorts: ['80'],
  });
});

test('who has unsaved changes is told at once when somebody else saves', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7001');
  await namespace.store({ excludeOutboundPorts: ['5432'] });
  await expect(page.getByText('Your changes are still here; nothing was overwritten.')).toBeVisible();
  await setting.field('excludeInboundPorts').expectItems('7001');
  // The form does not let this be saved over: it asks first.
  await setting.update.click();
  await expect(versions(page, 'excludeOutboundPorts').getByRole('radio', { name: /^Theirs/ })).toBeChecked();
  await page.getByRole('button', { name: 'Use these' }).click();
  await setting.save();
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['7001'], excludeOutboundPorts: ['5432'] });
});

test('the choice can wait, and the changes with it', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7001');
  await namespace.store({ excludeInboundPorts: ['9000'] });
  await page.getByRole('button', { name: 'Show both versions' }).click();
  await page.getByRole('button', { name: 'Not now' }).click();
  await expect(page.getByRole('button', { name: 'Show both versions' })).toBeVisible();
  // What was pressed goes; the focus does not get lost with it.
  await expect(setting.update).toBeFocused();
  await setting.field('excludeInboundPorts').expectItems('7001');
  await page.getByRole('button', { name: 'Discard changes' }).first().click();
  await setting.field('excludeInboundPorts').expectItems('9000');
  await expect(setting.update).toBeFocused();
});

test('a level that was removed meanwhile is not brought back unasked', async ({ page, namespace }) => {
  await namespace.store({ excludeInboundPorts: ['7001'] });
  await deafen(page);
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeOutboundPorts').set('5432');
  await namespace.unstore();
  await setting.update.click();
  await expect(versions(page, 'excludeInboundPorts').getByRole('radio', { name: /^Theirs/ })).toHaveAccessibleName(/inherit/);
  await page.getByRole('button', { name: 'Use these' }).click();
  await setting.save();
  expect(await namespace.stored()).toEqual({ excludeOutboundPorts: ['5432'] });
});

test('the same change made by both is no conflict', async ({ page, namespace }) => {
  await deafen(page);
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('excludeInboundPorts').set('7001');
  await namespace.store({ excludeInboundPorts: ['7001'] });
  await setting.update.click();
  await expect(setting.unsaved).toHaveCount(0);
  await expect(page.getByRole('region', { name: 'This level was changed meanwhile' })).toHaveCount(0);
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['7001'] });
});
