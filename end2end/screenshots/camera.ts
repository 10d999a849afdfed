// Takes a page as it is in every theme and width.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';

const pictures = process.env.SIDESTEP_PICTURES ?? 'test-results/pictures';
const readme = process.env.SIDESTEP_README_PICTURES ?? pictures;
const WIDTHS = [1440, 1024, 390];
const THEMES = ['light', 'dark'] as const;

interface How {
  /** Only what the window shows: for what lies over the page. */
  window?: boolean;
  widths?: number[];
}

/** `<name>-<theme>-<width>.png` for each theme and width. */
export async function picture(page: Page, name: string, { window = false, widths = WIDTHS }: How = {}): Promise<void> {
  for (const width of widths) {
    const height = width < 600 ? 844 : 900;
    await page.setViewportSize({ width, height });
    if (!window) {
      // As tall as the page: what sticks to the window's edge would stand in the middle of a picture of more than it.
      const tall = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width, height: Math.max(height, tall) });
    }
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      const path = join(pictures, `${name}-${theme}-${width}.png`);
      await page.screenshot({ path, fullPage: !window, animations: 'disabled', caret: 'hide' });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
}

/** One picture for the README: what a window of a usual size shows. */
export async function forReadme(page: Page, name: string, theme: 'light' | 'dark'): Promise<void> {
  mkdirSync(readme, { recursive: true });
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.evaluate(() => {
    scrollTo(0, 0);
  });
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  await page.screenshot({ path: join(readme, `${name}-${theme}.png`), animations: 'disabled', caret: 'hide' });
  await page.setViewportSize({ width: 1440, height: 900 });
}

/** Waits until the page has what it read, and follows the cluster. */
export async function settled(page: Page): Promise<void> {
  await expect(page.getByText('Live', { exact: true })).toBeAttached();
  await expect(page.getByText(/^Reading .*…$/)).toHaveCount(0);
}
