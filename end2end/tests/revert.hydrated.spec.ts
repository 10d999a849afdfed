// A change of a setting is put back from its own page; a later one is not lost unseen.
import { answers, expect, test } from './support/fixtures';
import { open } from './support/hydrated';

test.use({ expected: answers(409) });

test('the last change is put back, after a question that shows what that is', async ({ page, namespace }) => {
  await namespace.save({ excludeInboundPorts: ['7001'] });
  const id = await namespace.save({ excludeInboundPorts: ['7002'] });
  await open(page, `/audit/${id}`);
  await page.getByRole('button', { name: 'Revert this change' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revert this change?' });
  await expect(dialog.getByText('removed 7002')).toBeAttached();
  await expect(dialog.getByText('added 7001')).toBeAttached();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['7002'] });

  await page.getByRole('button', { name: 'Revert this change' }).click();
  await dialog.getByRole('textbox', { name: /^Reason/ }).fill('INC-4711');
  await dialog.getByRole('button', { name: 'Put it back' }).click();
  await expect(page).toHaveURL((url) => url.pathname.startsWith('/audit/') && !url.pathname.endsWith(id));
  await expect(page.getByText('No pod with a sidecar runs here yet: the next one gets this.')).toBeVisible();
  await expect(page.getByText('INC-4711')).toBeVisible();
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['7001'] });
  await page.getByRole('link', { name: `The change ${id}` }).click();
  await expect(page).toHaveURL(`/audit/${id}`);
});

test('where the setting was changed since, the later change is named, and lost only when that is wanted', async ({ page, namespace }) => {
  const first = await namespace.save({ excludeInboundPorts: ['7001'] });
  const later = await namespace.save({ excludeInboundPorts: ['7002'] });
  await open(page, `/audit/${first}`);
  await page.getByRole('button', { name: 'Revert this change' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revert this change?' });
  await expect(dialog.getByText('Nothing is stored here after it: every field is inherited.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Put it back' }).click();
  await expect(dialog.getByText('It was changed again since')).toBeVisible();
  await expect(dialog.getByRole('link', { name: 'Show the later change' })).toHaveAttribute('href', `/audit/${later}`);
  expect(await namespace.stored()).toEqual({ excludeInboundPorts: ['7002'] });

  await dialog.getByRole('button', { name: 'Put it back all the same' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Removed the setting of namespace ${namespace.name}`);
  expect(await namespace.stored()).toBeUndefined();
});

test('who may not save here is told beside the button', async ({ page, cluster, namespace }) => {
  const id = await namespace.save({ excludeInboundPorts: ['7001'] });
  await page.setExtraHTTPHeaders({ authorization: `Bearer ${cluster.token('viewer')}` });
  await open(page, `/audit/${id}`);
  await expect(page.getByText(/may not update sidecarsettings in the namespace/)).toBeVisible();
  // Which can be reached, so that the reason is read, and not pressed.
  const button = page.getByRole('button', { name: 'Revert this change' });
  await expect(button).toBeDisabled();
  await button.click({ force: true });
  await expect(page.getByRole('dialog')).toBeHidden();
});
