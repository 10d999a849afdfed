// Mesh Management once the browser has taken over.
import { answers, expect, test } from './support/fixtures';
import { hydrated, open } from './support/hydrated';

test('the first visit asks the API for nothing but what changes: its data came with the page', async ({ context }) => {
  for (const path of ['/', '/workloads/pods', '/workloads/deployments', '/audit', '/sidecar-proxy-setting/global']) {
    const page = await context.newPage();
    const asked: string[] = [];
    const note = (request: { url: () => string }) => asked.push(new URL(request.url()).pathname);
    page.on('request', note);
    const followed = page.waitForRequest('**/api/v1/events');
    await page.goto(path);
    // Another test's change may be told at any time after that, and then the page reads again.
    await followed;
    page.off('request', note);
    expect(asked.filter((path) => path.startsWith('/api/')), path).toEqual(['/api/v1/events']);
  }
});

test('the chosen theme is kept', async ({ page }) => {
  await open(page, '/');
  await page.getByLabel('Theme').selectOption('dark');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByLabel('Theme')).toHaveValue('dark');
  await hydrated(page);
  await page.getByLabel('Theme').selectOption('System theme');
  await expect(page.locator('html')).not.toHaveAttribute('data-theme');
});

test('the namespaces are searched without leaving the page', async ({ page, namespace }) => {
  await open(page, '/');
  const search = page.getByRole('searchbox', { name: 'Name contains' });
  await search.pressSequentially(namespace.name);
  const list = page.getByRole('region', { name: 'Namespaces' }).getByRole('table');
  await expect(list.getByRole('rowheader')).toHaveText([namespace.name]);
  await expect(page).toHaveURL(`/?q=${namespace.name}`);
  await expect(search).toBeFocused();
});

test.describe('when the API refuses', () => {
  test.use({ expected: answers(503) });

  test('the problem is shown with its way out, and trying again helps', async ({ page }) => {
    await open(page, '/annotations');
    await page.route('**/api/v1/meshes', (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          // Of a kind that does not pass by itself: nothing but the button tries again.
          type: 'tag:sidestep.dev,2026:not-installed',
          title: 'Sidestep is not installed',
          status: 503,
          detail: 'the resource is not there',
          wayOut: 'run `sidestep install`',
        }),
      }),
    );
    await page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'Mesh Management' }).click();
    const alert = page.getByRole('alert');
    await expect(alert).toContainText('Sidestep is not installed');
    await expect(alert).toContainText('Run sidestep install');
    await page.unroute('**/api/v1/meshes');
    // The cluster may just have changed: then the page has read again by itself, and there is nothing left to press.
    const shown = page.getByRole('region', { name: 'Revisions' });
    const button = page.getByRole('button', { name: 'Try again' });
    await expect(button.or(shown).first()).toBeVisible();
    await button.click({ timeout: 3000 }).catch(() => expect(shown).toBeVisible());
    await expect(shown).toBeVisible();
    await expect(alert).toHaveCount(0);
  });
});
