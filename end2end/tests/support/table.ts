// Tables, by what their heads and rows are called.
import { expect, type Locator, type Page } from '@playwright/test';

/** The table with this caption. */
export function table(within: Page | Locator, caption: string): Locator {
  return within.getByRole('table', { name: caption });
}

/** The row whose head is exactly this. */
export function row(within: Locator, head: string): Locator {
  const own = within.page().getByRole('rowheader', { name: head, exact: true });
  return within.getByRole('row').filter({ has: own });
}

/** The texts of a column from top to bottom, by the column's name. */
export async function column(within: Locator, name: string): Promise<string[]> {
  const heads = (await within.getByRole('columnheader').allInnerTexts()).map((text) => text.trim());
  const at = heads.indexOf(name);
  expect(at, `there is a column ${name} among ${heads.join(', ')}`).toBeGreaterThanOrEqual(0);
  const texts: string[] = [];
  for (const line of (await within.getByRole('row').all()).slice(1)) {
    const cells = line.getByRole('rowheader').or(line.getByRole('cell'));
    texts.push((await cells.nth(at).innerText()).trim());
  }
  return texts;
}
