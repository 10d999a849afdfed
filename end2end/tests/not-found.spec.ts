// An address that no page has.
import { answers, expect, test } from './support/complaints';

test.use({ expected: answers(404) });

test('an unknown address says so, with its status', async ({ page }) => {
  const answer = await page.goto('/no/such/page');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
  await expect(page.getByText('/no/such/page')).toBeVisible();
  await page.getByRole('link', { name: 'Go to Mesh Management' }).click();
  await expect(page.getByRole('heading', { name: 'Mesh Management', level: 1 })).toBeVisible();
});

test('the YAML of a kind that nobody knows is no page either', async ({ page }) => {
  const answer = await page.goto('/workloads/gadgets/shop/cart/yaml');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
});
