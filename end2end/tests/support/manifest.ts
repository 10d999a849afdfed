// The page of a workload's YAML, and its editor.
import { expect, type Locator, type Page } from '@playwright/test';

export class Manifest {
  readonly text: Locator;
  readonly update: Locator;
  readonly result: Locator;

  constructor(private readonly page: Page) {
    this.text = page.getByRole('textbox', { name: /^YAML of / });
    this.update = page.getByRole('button', { name: 'Update', exact: true });
    this.result = page.getByRole('group', { name: 'Result' });
  }

  async open(namespace: string, name = 'web'): Promise<void> {
    await this.page.goto(`/workloads/deployments/${namespace}/${name}/yaml`);
    // Which says that the browser has taken over, also where nothing is heard of what others do.
    await expect(this.page.getByRole('button', { name: 'Edit YAML' })).toBeEnabled();
  }

  /** Begins to edit, and waits until the editor has taken the place of the plain text. */
  async edit(): Promise<void> {
    await this.page.getByRole('button', { name: 'Edit YAML' }).click();
    await expect(this.page.locator('yaml-editor[data-ready]')).toBeVisible();
  }

  /** The text as it is typed, whichever way it is edited. */
  value(): Promise<string> {
    return this.page.locator('textarea#yaml').inputValue();
  }

  /** Types another text in place of the one that is there, as somebody who pastes does. */
  async type(change: (text: string) => string): Promise<void> {
    const text = change(await this.value());
    await this.text.click();
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.insertText(text);
    await expect.poll(() => this.value()).toBe(text);
  }
}
