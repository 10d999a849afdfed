import { expect, type Page } from '@playwright/test';

/** Waits until the browser has taken over: from then on the page answers, and follows the cluster. */
export async function hydrated(page: Page): Promise<void> {
  await expect(page.getByText('Live', { exact: true })).toBeAttached();
}

/** Opens a page and waits until the browser has taken over. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await hydrated(page);
}
