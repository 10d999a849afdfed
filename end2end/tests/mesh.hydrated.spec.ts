// Mesh Management once the browser has taken over.
import AxeBuilder from '@axe-core/playwright';
import { test, expect } from './support/complaints';

test('Refresh reads the mesh again and keeps the page', async ({ page }) => {
  await page.goto('/');
  const refresh = page.getByRole('button', { name: 'Refresh' });
  await expect(refresh).toBeEnabled();

  const answers = ['/api/v1/meshes', '/api/v1/namespaces'].map((path) =>
    page.waitForResponse((answer) => new URL(answer.url()).pathname === path),
  );
  await refresh.click();
  for (const answer of await Promise.all(answers)) expect(answer.status()).toBe(200);
  await expect(page.getByRole('region', { name: 'Namespaces' }).getByRole('table')).toBeVisible();
  await expect(refresh).toBeFocused();
});

test('the first visit asks the API for nothing: its data came with the page', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'Refresh' })).toBeEnabled();
  expect(asked.filter((path) => path.startsWith('/api/'))).toEqual([]);
});

test('the chosen theme is kept', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'Refresh' })).toBeEnabled();
  await page.getByLabel('Theme').selectOption('dark');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByLabel('Theme')).toHaveValue('dark');
  await page.getByLabel('Theme').selectOption('System theme');
  await expect(page.locator('html')).not.toHaveAttribute('data-theme');
});

test.describe('when the API refuses', () => {
  test('the problem is shown with its way out, and trying again helps', async ({ page, complaints }) => {
    await page.goto('/');
    const refresh = page.getByRole('button', { name: 'Refresh' });
    await expect(refresh).toBeEnabled();
    await page.route('**/api/v1/meshes', (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          type: 'tag:sidestep.dev,2026:cluster-unreachable',
          title: 'The cluster does not answer',
          status: 503,
          detail: 'the connection was refused',
          wayOut: 'check that the API server runs',
        }),
      }),
    );
    await refresh.click();
    const alert = page.getByRole('alert');
    await expect(alert).toContainText('The cluster does not answer');
    await expect(alert).toContainText('Check that the API server runs');
    await page.unroute('**/api/v1/meshes');
    await alert.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByRole('region', { name: 'Revisions' })).toBeVisible();
    // Chromium reports the answer 503 that this test asked for.
    complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.includes('503')));
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 400]) {
    test(`nothing stands in a reader's way: ${colorScheme}, ${width} wide`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await page.goto('/');
      await expect(page.getByRole('button', { name: 'Refresh' })).toBeEnabled();
      const { violations } = await new AxeBuilder({ page }).analyze();
      const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
    });
  }
}
