// Mesh Management as the server renders it: the same with and without scripts.
import { test, expect } from './support/complaints';

test('the mesh is on the page that the server sends', async ({ page }) => {
  const answer = await page.goto('/');
  expect(answer?.status()).toBe(200);
  await expect(page).toHaveTitle('Mesh Management · Sidestep');
  await expect(page.getByRole('heading', { name: 'Mesh Management', level: 1 })).toBeVisible();

  const revisions = page.getByRole('region', { name: 'Revisions' }).getByRole('table');
  await expect(revisions.getByRole('row').filter({ hasText: 'istio-system' })).toBeVisible();
  const namespaces = page.getByRole('region', { name: 'Namespaces' }).getByRole('table');
  await expect(namespaces.getByRole('rowheader', { name: 'istio-system' })).toBeVisible();
  await expect(namespaces.getByRole('row', { name: /istio-system/ })).toContainText('Control plane');
});

test('the policy allows scripts by nonce and no inline style', async ({ page }) => {
  const answer = await page.goto('/');
  const policy = answer?.headers()['content-security-policy'] ?? '';
  expect(policy).toMatch(/script-src 'nonce-[^']+' 'strict-dynamic' 'wasm-unsafe-eval'/);
  expect(policy).toContain("style-src 'self'");
  expect(policy).not.toContain('unsafe-inline');
  const html = (await answer?.text()) ?? '';
  expect(html).not.toMatch(/ style=/);
  const nonce = policy.match(/'nonce-([^']+)'/)?.[1];
  for (const [tag] of html.matchAll(/<script[^>]*>/g)) expect(tag).toContain(`nonce="${nonce}"`);
});

test('two answers never share a nonce', async ({ request }) => {
  const nonce = async () => (await request.get('/')).headers()['content-security-policy']?.match(/'nonce-([^']+)'/)?.[1];
  const first = await nonce();
  expect(first).toBeTruthy();
  expect(await nonce()).not.toBe(first);
});
