// Outbound Traffic Policy: changed both ways, and what istiod then goes by.
import { answers, expect, test } from './support/fixtures';
import { GLOBAL, NAMESPACES } from './support/setting';

test.use({ expected: answers(412) });

// The form above has its own *Update Settings*.
const UPDATE = 'Update Settings of the Outbound Traffic Policy';

test('the policy is changed both ways, istiod goes by it, and nothing else in the text changes', async ({ page, cluster }) => {
  const before = await cluster.meshConfig();
  try {
    await page.goto(GLOBAL);
    const section = page.getByRole('group', { name: 'Outbound Traffic Policy' });
    await expect(section.getByRole('radio', { name: /^ALLOW_ANY/ })).toBeChecked();
    await section.getByRole('radio', { name: /^REGISTRY_ONLY/ }).check();
    await expect(section.getByText('Everything that is not declared is cut off')).toBeVisible();
    await section.getByText('The lines that change').click();
    await expect(section.getByText(/^\+.*REGISTRY_ONLY/)).toBeVisible();
    await section.getByRole('button', { name: UPDATE }).click();
    // Its own link: until the answer is there the form takes no second update.
    await expect(page.getByRole('link', { name: 'Show this change in the history' })).toBeVisible();
    await expect(page.getByText('Confirmed by istiod')).toBeVisible();
    expect(await cluster.istiodPolicy()).toBe('REGISTRY_ONLY');
    const strict = await cluster.meshConfig();
    expect(strict.replace('mode: REGISTRY_ONLY', 'mode: ALLOW_ANY')).toContain(before.trimEnd().split('\n')[0]);

    await section.getByRole('radio', { name: /^ALLOW_ANY/ }).check();
    await section.getByRole('button', { name: UPDATE }).click();
    await expect.poll(() => cluster.istiodPolicy()).toBe('ALLOW_ANY');
    await expect(section.getByRole('radio', { name: /^ALLOW_ANY/ })).toBeChecked();
    await page.getByRole('link', { name: 'Show this change in the history' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByText(/REGISTRY_ONLY/).first()).toBeVisible();
  } finally {
    await cluster.meshConfig(before);
  }
});

test('somebody who changes the mesh configuration meanwhile is not overwritten', async ({ page, cluster }) => {
  const before = await cluster.meshConfig();
  try {
    await page.route('**/api/v1/events', () => undefined);
    await page.goto(GLOBAL);
    const section = page.getByRole('group', { name: 'Outbound Traffic Policy' });
    await section.getByRole('radio', { name: /^REGISTRY_ONLY/ }).check();
    await cluster.meshConfig(`${before.trimEnd()}\n# somebody was here\n`);
    await section.getByRole('button', { name: UPDATE }).click();
    await expect(page.getByText('Somebody else was quicker').first()).toBeVisible();
    expect(await cluster.meshConfig()).toContain('# somebody was here');
    // The choice is still there, now on what is stored.
    await expect(section.getByRole('radio', { name: /^REGISTRY_ONLY/ })).toBeChecked();
    await section.getByRole('button', { name: UPDATE }).click();
    await expect.poll(() => cluster.istiodPolicy()).toBe('REGISTRY_ONLY');
    expect(await cluster.meshConfig()).toContain('# somebody was here');
  } finally {
    await cluster.meshConfig(before);
  }
});

test('a mode that is chosen and not saved is marked, and a link away asks first', async ({ page }) => {
  await page.goto(GLOBAL);
  const section = page.getByRole('group', { name: 'Outbound Traffic Policy' });
  const strict = section.getByRole('radio', { name: /^REGISTRY_ONLY/ });
  await strict.check();
  await section.getByRole('textbox', { name: /^Reason/ }).fill('INC-4711');
  await expect(section.getByText('Unsaved changes', { exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Update Settings', exact: true })).toHaveCount(1);

  const namespaces = page.getByRole('navigation', { name: 'Level' }).getByRole('link', { name: 'Namespace' });
  await namespaces.click();
  const question = page.getByRole('dialog', { name: 'Leave without saving?' });
  await expect(question).toContainText('the Outbound Traffic Policy of revision');
  await question.getByRole('button', { name: 'Stay' }).click();
  await expect(strict).toBeChecked();
  await expect(section.getByRole('textbox', { name: /^Reason/ })).toHaveValue('INC-4711');
  await namespaces.click();
  await question.getByRole('button', { name: 'Leave' }).click();
  await expect(page).toHaveURL(NAMESPACES);
});
