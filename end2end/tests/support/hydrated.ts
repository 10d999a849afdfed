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

/** For specs that run with and without scripts: opens a page and waits until a form takes what is entered. */
export async function openForm(page: Page, path: string, javaScriptEnabled: boolean | undefined): Promise<void> {
  await page.goto(path);
  if (javaScriptEnabled !== false) await hydrated(page);
}
