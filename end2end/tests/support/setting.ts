// The form of Sidecar Proxy Setting, in the words of the reference page.
import { expect, type Locator, type Page } from '@playwright/test';
import type { FieldName } from './cluster';

export const SECTION = 'Enable/Disable Sidecar Proxy by Ports or IP Addresses';

export const LABELS: Record<FieldName, string> = {
  includeOutboundIPRanges: 'Addresses to Which External Access Is Redirected to Sidecar Proxy',
  excludeOutboundIPRanges: 'Addresses to Which External Access Is Not Redirected to Sidecar Proxy',
  includeInboundPorts: 'Ports on Which Inbound Traffic Redirected to Sidecar Proxy',
  excludeInboundPorts: 'Ports on Which Inbound Traffic Not Redirected to Sidecar Proxy',
  includeOutboundPorts: 'Ports on Which Outbound Traffic Redirected to Sidecar Proxy',
  excludeOutboundPorts: 'Ports on Which Outbound Traffic Not Redirected to Sidecar Proxy',
};

export const GLOBAL = '/sidecar-proxy-setting/global';
export const NAMESPACES = '/sidecar-proxy-setting/namespaces';

/** One of the six fields. */
export class Field {
  /** The tick; without it the field inherits. */
  readonly override: Locator;
  /** Where one types. */
  readonly input: Locator;
  /** What has been typed, item by item. */
  readonly items: Locator;
  private readonly label: string;

  constructor(
    private readonly page: Page,
    readonly name: FieldName,
  ) {
    this.label = LABELS[name];
    this.override = page.getByRole('checkbox', { name: `Override ${this.label}`, exact: true });
    this.input = page.getByRole('textbox', { name: this.label, exact: true });
    this.items = page.getByRole('list', { name: this.label, exact: true }).getByRole('listitem');
  }

  /** Overrides the field with these items. */
  async set(items: string): Promise<void> {
    await this.override.check();
    await this.input.fill(items);
    // Leaving the input makes items of what is in it.
    await this.input.press('Enter');
  }

  /** The button that takes an item away. */
  remove(item: string): Locator {
    return this.items.getByRole('button', { name: `Remove ${item}`, exact: true });
  }

  /** The field's way back to what is inherited. */
  get reset(): Locator {
    return this.page.getByRole('button', { name: `Reset to inherited: ${this.name}`, exact: true });
  }

  async expectItems(...items: string[]): Promise<void> {
    await expect(this.items).toHaveText(items);
  }
}

/** The form of a level. */
export class Setting {
  readonly update: Locator;
  /** What the last update came to, where it succeeded. */
  readonly saved: Locator;
  readonly unsaved: Locator;

  constructor(readonly page: Page) {
    this.update = page.getByRole('button', { name: 'Update Settings', exact: true });
    this.saved = page.getByRole('link', { name: 'Show this change in the history' });
    this.unsaved = page.getByText('Unsaved changes', { exact: true });
  }

  /** What the drop-down list of namespaces offers. */
  get choices(): Locator {
    return this.page.getByRole('listbox', { name: 'Namespaces' }).getByRole('option');
  }

  field(name: FieldName): Field {
    return new Field(this.page, name);
  }

  /** Opens the form of a namespace and waits until it takes input. */
  async open(namespace: string): Promise<void> {
    await this.page.goto(`${NAMESPACES}/${namespace}`);
    await expect(this.field('excludeInboundPorts').override).toBeEnabled();
  }

  /** Presses *Update Settings* while it says by `aria-disabled` that it will not save: it then says why. */
  async insist(): Promise<void> {
    // Playwright would wait for the button to be enabled.
    await this.update.click({ force: true });
  }

  /** Presses *Update Settings* and waits for its success. */
  async save(): Promise<void> {
    await this.update.click();
    await expect(this.saved).toBeVisible();
  }
}
