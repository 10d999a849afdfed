// Workloads › Pods: More › Delete › OK, and filters that take effect while one types.
import { answers, expect, test } from './support/fixtures';
import { open } from './support/hydrated';
import { row, table } from './support/table';

const PODS = '/workloads/pods';

test('the list follows what is typed, without leaving the page', async ({ page, namespace }) => {
  await namespace.deploy('web');
  await namespace.deploy('db');
  await open(page, `${PODS}?namespace=${namespace.name}`);
  let loads = 0;
  page.on('load', () => loads++);
  const search = page.getByRole('searchbox', { name: 'Name contains' });
  await search.pressSequentially('db-');
  await expect(table(page, 'Pods').getByRole('rowheader')).toHaveText([/^db-/]);
  await expect(page).toHaveURL(/q=db-/);
  await expect(search).toBeFocused();
  await search.fill('');
  await expect(table(page, 'Pods').getByRole('rowheader')).toHaveCount(2);
  expect(loads).toBe(0);
});

test('the dialog names the pod and its owner, and says whether a new one comes', async ({ page, namespace }) => {
  const [web] = await namespace.deploy('web');
  await namespace.bare('alone');
  await open(page, `${PODS}?namespace=${namespace.name}`);
  const list = table(page, 'Pods');

  await row(list, web!).getByRole('button', { name: /^More/ }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  const owned = page.getByRole('dialog', { name: `Delete pod ${web}?` });
  await expect(owned).toContainText('Deployment web will make a new one.');
  await expect(owned).toContainText('It runs what is in force.');
  await owned.getByRole('button', { name: 'Cancel' }).click();
  await expect(owned).toBeHidden();
  // Where the reader was.
  await expect(row(list, web!).getByRole('button', { name: /^More/ })).toBeFocused();

  await row(list, 'alone').getByRole('button', { name: /^More/ }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  const bare = page.getByRole('dialog', { name: 'Delete pod alone?' });
  await expect(bare).toContainText('Nobody makes a new one: it is gone for good.');
  await page.keyboard.press('Escape');
  await expect(bare).toBeHidden();
  expect(await namespace.pods()).toHaveLength(2);
});

test('a delete is recorded, and the page leads to its record', async ({ page, namespace }) => {
  const [web] = await namespace.deploy('web');
  await open(page, `${PODS}?namespace=${namespace.name}`);
  await row(table(page, 'Pods'), web!).getByRole('button', { name: /^More/ }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'OK', exact: true }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.getByRole('link', { name: 'See it in the Audit History' }).click();
  await expect(page).toHaveURL(/\/audit\/.+/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Deleted pod ${namespace.name}/${web}`);
});

test.describe('on the page of a pod that goes', () => {
  // The page asks for it once more.
  test.use({ expected: answers(404) });

  test('a pod can be deleted there, and the page then says that it is gone', async ({ page, namespace }) => {
    const [web] = await namespace.deploy('web');
    await open(page, `${PODS}/${namespace.name}/${web}`);
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'OK', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'This pod is gone' })).toBeVisible();
  });
});

test.describe('when the pod is not the one that was asked about', () => {
  test.use({ expected: answers(404, 412) });

  test('the one that has its name now is not deleted', async ({ page, namespace }) => {
    await namespace.bare('alone');
    await open(page, `${PODS}?namespace=${namespace.name}`);
    await row(table(page, 'Pods'), 'alone').getByRole('button', { name: /^More/ }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    const question = page.getByRole('dialog', { name: 'Delete pod alone?' });
    await expect(question).toBeVisible();
    await namespace.deletePod('alone');
    await expect(page.getByRole('rowheader', { name: 'alone', exact: true, includeHidden: true })).toHaveCount(0);
    await namespace.bare('alone');
    await question.getByRole('button', { name: 'OK', exact: true }).click();
    await expect(question.getByRole('alert')).toContainText('Another pod has this name now');
    await question.getByRole('button', { name: 'Close' }).click();
    expect(await namespace.pods()).toEqual(['alone']);
  });
});

test('a user who may only look is told so beside the button, which is off', async ({ page, namespace, cluster }) => {
  const [web] = await namespace.deploy('web');
  await page.setExtraHTTPHeaders({ authorization: `Bearer ${cluster.token('viewer')}` });
  await open(page, `${PODS}?namespace=${namespace.name}`);
  await row(table(page, 'Pods'), web!).getByRole('button', { name: /^More/ }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('viewer may not delete pods in the namespace');
  await expect(dialog.getByRole('button', { name: 'OK', exact: true })).toBeDisabled();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(await namespace.pods()).toEqual([web]);
});
