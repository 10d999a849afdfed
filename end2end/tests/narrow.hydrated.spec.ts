// A telephone: 390 pixels wide.
import { expectNoSidewaysScroll } from './support/axe';
import { answers, expect, test } from './support/fixtures';
import { open } from './support/hydrated';
import { GLOBAL, NAMESPACES, Setting } from './support/setting';

test.use({ viewport: { width: 390, height: 844 } });

test.describe('every page', () => {
  // One of them has an address that leads nowhere.
  test.use({ expected: answers(404) });

  test('no page is wider than the window', async ({ page, namespace }) => {
    const [pod] = await namespace.deploy('web');
    const many = Array.from({ length: 40 }, (_, n) => `10.${n}.0.0/16`);
    const change = await namespace.save({ excludeOutboundIPRanges: many, excludeInboundPorts: ['7001'] }, 'a reason of some length');
    for (const path of [
      '/',
      GLOBAL,
      NAMESPACES,
      `${NAMESPACES}/${namespace.name}`,
      '/workloads/deployments',
      `/workloads/deployments/${namespace.name}/web`,
      '/workloads/pods',
      `/workloads/pods/${namespace.name}/${pod}`,
      `/workloads/verify?namespace=${namespace.name}&pod=${pod}&address=10.1.2.3&port=80`,
      '/lints',
      '/audit',
      `/audit/${change}`,
      '/annotations',
      '/no-such-page',
    ]) {
      await test.step(path, async () => {
        await page.goto(path);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await expectNoSidewaysScroll(page);
      });
    }
  });
});

test('rows of tables are cards: no part of one is out of sight', async ({ page, namespace, cluster }) => {
  const [pod] = await namespace.deploy('web');
  await cluster.store(namespace.name, { excludeInboundPorts: ['7001'] }, 'special', { app: 'web' });
  await namespace.hasStale(1);
  const pages: [string, ...string[]][] = [
    ['/', 'Revisions', 'Namespaces'],
    [NAMESPACES, 'Namespaces'],
    ['/sidecar-proxy-setting/workloads', 'Namespaces'],
    [`/sidecar-proxy-setting/workloads/${namespace.name}`, 'Workload settings'],
    [`/workloads/pods/${namespace.name}/${pod}`, 'Fields'],
    [`/workloads/deployments/${namespace.name}/web`, 'Fields', 'Conditions', 'Events'],
  ];
  for (const [path, ...captions] of pages) {
    await page.goto(path);
    for (const caption of captions) {
      const box = page.getByRole('group', { name: caption, exact: true });
      await expect(box, `${path}: ${caption}`).toBeVisible();
      const beyond = await box.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
      expect(beyond, `${path}: ${caption}`).toBeLessThanOrEqual(0);
    }
  }
});

test('the navigation opens by its button, and closes when a place is chosen', async ({ page }) => {
  await open(page, '/');
  const navigation = page.getByRole('navigation', { name: 'Pages', exact: true });
  await expect(navigation).toBeHidden();
  await page.getByRole('button', { name: 'Menu' }).click();
  await expect(navigation).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(navigation).toBeHidden();
  await page.getByRole('button', { name: 'Menu' }).click();
  await navigation.getByRole('link', { name: 'Pods' }).click();
  await expect(page.getByRole('heading', { name: 'Pods', level: 1 })).toBeVisible();
  await expect(navigation).toBeHidden();
});

test('a setting is saved and a dialog answered', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  await setting.field('includeInboundPorts').override.check();
  await setting.update.click();
  const question = page.getByRole('dialog');
  await expectNoSidewaysScroll(page);
  await expect(question.getByRole('button', { name: 'Update Settings' })).toBeInViewport();
  await question.getByRole('button', { name: 'Update Settings' }).click();
  await expect(setting.saved).toBeVisible();
  await expectNoSidewaysScroll(page);
});
