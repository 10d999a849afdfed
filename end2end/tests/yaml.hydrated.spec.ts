// The reference page's Option B, in its words: View in YAML, Edit YAML, annotations in spec.template.metadata, Update.
import { expectNoBarrier } from './support/axe';
import { answers, expect, test } from './support/fixtures';
import { hydrated } from './support/hydrated';
import { Manifest } from './support/manifest';
import { flag } from './support/namespace';
import { row, table } from './support/table';

const PORTS = 'traffic.sidecar.istio.io/excludeInboundPorts';
const TEMPLATE = '  template:\n    metadata:\n';

/** The text with an annotation on the pod template. */
function annotated(value: string) {
  return (text: string) => text.replace(TEMPLATE, `${TEMPLATE}      annotations:\n        ${PORTS}: ${value}\n`);
}

test('the reference page’s annotations, put in by YAML, reach the pods', async ({ page, namespace }) => {
  const [old] = await namespace.deploy('web');
  await page.goto(`/workloads/deployments?namespace=${namespace.name}`);
  await hydrated(page);
  await row(table(page, 'Deployments'), 'web').getByRole('link', { name: 'web', exact: true }).click();
  await page.getByRole('link', { name: 'View in YAML' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('YAML of web');
  await expect(page.getByRole('region', { name: /^YAML of Deployment/ })).toContainText('kind: Deployment');
  const manifest = new Manifest(page);
  await manifest.edit();
  await manifest.type(annotated(`'7001,7002,7005'`));

  await page.getByRole('tab', { name: 'Changes' }).click();
  await expect(page.getByRole('tabpanel', { name: 'Changes' })).toContainText(`+         ${PORTS}: '7001,7002,7005'`);
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await expect(manifest.result).toContainText('The cluster would take it: one field differs');
  await expect(manifest.result).toContainText('replaces its one pod by itself');

  await manifest.update.click();
  await expect(manifest.result).toContainText('updated');
  await expect(manifest.result).toContainText('No restart is needed');
  await expect(page.getByRole('region', { name: /^YAML of Deployment/ })).toContainText('7001,7002,7005');
  await expect
    .poll(async () => {
      const [name] = (await namespace.pods()).filter((name) => name !== old);
      return name ? flag(await namespace.pod(name), '-d') : undefined;
    })
    .toContain('7001,7002,7005');
  await manifest.result.getByRole('link', { name: 'Show this change in the history' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Edited Deployment');
  await expect(page.getByText(`spec.template.metadata.annotations[${PORTS}]`, { exact: true })).toBeVisible();
});

test('from a row of the list the way is as short', async ({ page, namespace }) => {
  await namespace.deploy('web');
  await page.goto(`/workloads/deployments?namespace=${namespace.name}`);
  await hydrated(page);
  await page.getByRole('link', { name: 'View in YAML: web' }).click();
  await expect(page.getByRole('button', { name: 'Edit YAML' })).toBeVisible();
});

test.describe('a second writer', () => {
  test.use({ expected: answers(412) });

  test('what both typed is put together, and where both changed a line one is chosen', async ({ page, cluster, namespace }) => {
    await namespace.deploy('web');
    await page.route('**/api/v1/events', () => undefined);
    const manifest = new Manifest(page);
    await manifest.open(namespace.name);
    await manifest.edit();
    await manifest.type((text) => annotated(`'80'`)(text).replace('revisionHistoryLimit: 10', 'revisionHistoryLimit: 3'));
    const path = `apis/apps/v1/namespaces/${namespace.name}/deployments/web`;
    await cluster.ask('PATCH', path, { metadata: { labels: { team: 'shop' } }, spec: { revisionHistoryLimit: 7 } });

    await manifest.update.click();
    const both = page.getByRole('region', { name: 'It was changed meanwhile' });
    await expect(both).toBeFocused();
    await expect(both).toContainText('team: shop');
    const lines = both.getByRole('group', { name: /^Lines that both changed/ });
    await expect(lines).toContainText('revisionHistoryLimit: 10');
    await both.getByRole('button', { name: 'Not now' }).click();
    await expect(manifest.update).toBeFocused();
    await page.getByRole('button', { name: 'Show both versions' }).click();
    await expect(both).toBeFocused();
    await lines.getByRole('radio', { name: /^Theirs/ }).check();
    await expectNoBarrier(page);
    await both.getByRole('button', { name: 'Use these' }).click();
    await expect(manifest.update).toBeFocused();
    const other = page.getByRole('button', { name: 'Bring it back' });
    await other.click();
    await expect.poll(() => manifest.value()).toContain('revisionHistoryLimit: 3');
    await other.click();
    await expect.poll(() => manifest.value()).toContain('revisionHistoryLimit: 7');
    const text = await manifest.value();
    expect(text).toContain('team: shop');
    expect(text).toContain('revisionHistoryLimit: 7');
    expect(text).toContain(`${PORTS}: '80'`);
    await manifest.update.click();
    await expect(manifest.result).toContainText('updated');
  });
});

test.describe('refused', () => {
  test.use({ expected: answers(422) });

  test('what the cluster refuses stands beside its line', async ({ page, namespace }) => {
    await namespace.deploy('web');
    const manifest = new Manifest(page);
    await manifest.open(namespace.name);
    await manifest.edit();
    await manifest.type((text) => text.replace('  replicas: 1\n', '  replicas: 1\n  replica: 2\n'));
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await expect(manifest.result).toContainText('spec.replica');
    const line = (await manifest.value()).split('\n').findIndex((text) => text.includes('replica:')) + 1;
    await manifest.result.getByRole('button', { name: `Line ${line}` }).click();
    await expect(manifest.text).toBeFocused();
    await expect(page.locator('.cm-activeLine')).toContainText('replica: 2');
    await expect(page.locator('.cm-lintRange-error')).toContainText('replica');
    await expectNoBarrier(page);
    await manifest.type(annotated(`'7001,'`));
    await expect(page.locator('.cm-lintRange-error')).toHaveCount(0);
    await manifest.update.click();
    await expect(manifest.result).toContainText('refuse every new pod');
    await manifest.type((text) => text.replace(`${PORTS}: '7001,'`, `sidecar.istio.io/interceptionMode: redirect`));
    await manifest.update.click();
    await expect(manifest.result).toContainText('is no interception mode');
    await manifest.type((text) => text.replace('kind: Deployment', 'kind: [Deployment'));
    await manifest.update.click();
    await expect(manifest.result).toContainText('not valid YAML');
  });
});

test('what the cluster said is of the text that it was asked about', async ({ page, namespace }) => {
  await namespace.deploy('web');
  const manifest = new Manifest(page);
  await manifest.open(namespace.name);
  await manifest.edit();
  await manifest.type(annotated(`'80'`));
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await expect(manifest.result).toContainText('The cluster would take it');
  await expect(manifest.result).not.toContainText('of an earlier text');
  await manifest.type((text) => text.replace(`'80'`, `'81'`));
  await expect(manifest.result).toContainText('of an earlier text');
  await expectNoBarrier(page);
  await manifest.type((text) => text.replace(`'81'`, `'80'`));
  await expect(manifest.result).not.toContainText('of an earlier text');
});

test.describe('managed fields', () => {
  test.use({ expected: /net::ERR_FAILED/ });

  test('follow what others do, and say why where they cannot be read', async ({ page, cluster, namespace }) => {
    await namespace.deploy('web');
    const manifest = new Manifest(page);
    await manifest.open(namespace.name);
    const text = page.getByRole('region', { name: /^YAML of Deployment/ });
    const box = page.getByRole('checkbox', { name: 'Show managed fields' });
    await box.check();
    await expect(text).toContainText('managedFields:');
    await cluster.ask('PATCH', `apis/apps/v1/namespaces/${namespace.name}/deployments/web`, { metadata: { labels: { team: 'shop' } } });
    await expect(text).toContainText('team: shop');
    await expect(text).toContainText('managedFields:');
    await box.uncheck();
    await expect(text).not.toContainText('managedFields:');
    await page.route(/managedFields=true/, (route) => route.abort());
    await box.click();
    await expect(page.getByText('The managed fields could not be read')).toBeVisible();
    await expect(box).not.toBeChecked();
    await expect(text).toContainText('team: shop');
  });
});

test.describe('deleted by somebody else', () => {
  test.use({ expected: answers(404) });

  test('what was read and typed stays, and is not updated', async ({ page, cluster, namespace }) => {
    await namespace.deploy('web');
    const manifest = new Manifest(page);
    await manifest.open(namespace.name);
    await manifest.edit();
    await manifest.type(annotated(`'80'`));
    await cluster.remove(`apis/apps/v1/namespaces/${namespace.name}/deployments/web`);
    await expect(page.getByRole('alert')).toContainText('This Deployment is gone');
    await expect(manifest.update).toHaveAttribute('aria-disabled', 'true');
    expect(await manifest.value()).toContain(PORTS);
    await expectNoBarrier(page);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Discard' }).click();
    await expect(page.getByRole('region', { name: /^YAML of Deployment/ })).toContainText('kind: Deployment');
    await expect(page.getByRole('button', { name: 'Edit YAML' })).toHaveCount(0);
    await page.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: 'web', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'There is no such Deployment' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'View in YAML' })).toHaveCount(0);
  });
});

test('an annotation on the wrong level is moved to the pod template by one press', async ({ page, cluster, namespace }) => {
  await namespace.deploy('web');
  const path = `apis/apps/v1/namespaces/${namespace.name}/deployments/web`;
  await cluster.ask('PATCH', path, { metadata: { annotations: { [PORTS]: '7001' } } });
  const manifest = new Manifest(page);
  await manifest.open(namespace.name);
  await expect(page.getByText('where nobody reads it')).toBeVisible();
  await page.getByRole('button', { name: 'Move to the pod template' }).click();
  await expect(manifest.result).toContainText('Moved to the pod template');
  expect(await manifest.value()).toContain(`${TEMPLATE}      annotations:\n        ${PORTS}: "7001"\n`);
  await manifest.update.click();
  await expect(manifest.result).toContainText('updated');
  await expect(page.getByText('where nobody reads it')).toHaveCount(0);
});

test.describe('without the editor', () => {
  test.use({ expected: /^Failed to load resource: (the server responded with a status of 422|net::ERR_FAILED)/ });

  test('the plain text does all the same', async ({ page, namespace }) => {
    await namespace.deploy('web');
    await page.route('**/editor.js', (route) => route.abort());
    const manifest = new Manifest(page);
    await manifest.open(namespace.name);
    await page.getByRole('button', { name: 'Edit YAML' }).click();
    await expect(manifest.text).toBeFocused();
    await manifest.text.fill((await manifest.value()).replace('  replicas: 1\n', '  replicas: many\n'));
    await manifest.update.click();
    await manifest.result.getByRole('button', { name: /^Line/ }).click();
    await expect(manifest.text).toBeFocused();
    const selected = () => page.evaluate(() => {
      const text = document.querySelector<HTMLTextAreaElement>('textarea#yaml');
      return text?.value.slice(text.selectionStart, text.selectionEnd);
    });
    expect(await selected()).toBe('  replicas: many');
    await manifest.text.fill(annotated(`'80'`)((await manifest.value()).replace('many', '1')));
    await expectNoBarrier(page);
    await manifest.update.click();
    await expect(manifest.result).toContainText('updated');
  });
});

test('what is typed is guarded, and let go only when asked', async ({ page, namespace }) => {
  await namespace.deploy('web');
  const manifest = new Manifest(page);
  await manifest.open(namespace.name);
  await manifest.edit();
  await manifest.type(annotated(`'80'`));
  await page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'Pods' }).click();
  const question = page.getByRole('dialog', { name: 'Leave without saving?' });
  await expect(question).toContainText(`the YAML of Deployment ${namespace.name}/web`);
  await question.getByRole('button', { name: 'Stay' }).click();
  expect(await manifest.value()).toContain(PORTS);
  await page.getByRole('button', { name: 'Cancel' }).click();
  const goOn = page.getByRole('alert').getByRole('button', { name: 'Go on editing' });
  await expect(goOn).toBeFocused();
  await goOn.press('Enter');
  await expect(manifest.text).toBeFocused();
  expect(await manifest.value()).toContain(PORTS);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Discard' }).click();
  const edit = page.getByRole('button', { name: 'Edit YAML' });
  await expect(edit).toBeFocused();
  await edit.press('Enter');
  await expect(manifest.text).toBeFocused();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(edit).toBeFocused();
});

test('the Back button loses nothing of what is typed', async ({ page, namespace }) => {
  await namespace.deploy('web');
  await page.goto(`/workloads/deployments/${namespace.name}/web`);
  await hydrated(page);
  await page.getByRole('link', { name: 'View in YAML' }).click();
  const manifest = new Manifest(page);
  await manifest.edit();
  await manifest.type(annotated(`'80'`));
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('web');
  await page.goForward();
  await expect(page.getByText('Your unsaved changes were kept')).toBeVisible();
  await expect(manifest.text).toBeVisible();
  expect(await manifest.value()).toContain(`${PORTS}: '80'`);
  await expectNoBarrier(page);
  await page.getByRole('button', { name: 'Discard changes' }).click();
  await expect(page.getByRole('button', { name: 'Edit YAML' })).toBeFocused();
  await manifest.open(namespace.name);
  await expect(page.getByText('Your unsaved changes were kept')).toHaveCount(0);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`nothing stands in a reader’s way (${colorScheme})`, async ({ page, namespace }) => {
    await page.emulateMedia({ colorScheme });
    await namespace.deploy('web');
    const manifest = new Manifest(page);
    await manifest.open(namespace.name);
    await test.step('View in YAML', () => expectNoBarrier(page));
    await manifest.edit();
    await manifest.type(annotated(`'80'`));
    await test.step('Edit YAML', () => expectNoBarrier(page));
    await page.getByRole('tab', { name: 'Text' }).press('ArrowRight');
    await expect(page.getByRole('tab', { name: 'Changes' })).toBeFocused();
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await expect(manifest.result).toBeVisible();
    await test.step('Changes', () => expectNoBarrier(page));
  });

  test(`nothing stands in a reader’s way: a pod (${colorScheme})`, async ({ page, namespace }) => {
    await page.emulateMedia({ colorScheme });
    const [pod] = await namespace.deploy('web');
    await page.goto(`/workloads/pods/${namespace.name}/${pod}`);
    await hydrated(page);
    await page.getByRole('link', { name: 'View in YAML' }).click();
    await expect(page.getByText('You may look, not update')).toBeVisible();
    await expectNoBarrier(page);
  });
}
