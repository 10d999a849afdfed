// What the pictures show: a mesh in which people have been at work for a while.
import { expect, type APIRequestContext } from '@playwright/test';
import type { Cluster, Traffic, User } from '../tests/support/cluster';

/** People at the console, over REST. */
export class People {
  constructor(
    private readonly console: APIRequestContext,
    private readonly cluster: Cluster,
  ) {}

  private as(user: User): Record<string, string> {
    return { authorization: `Bearer ${this.cluster.token(user)}` };
  }

  /** Saves a level: `global`, or a namespace. Returns the change's id; nothing where it was refused. */
  async save(user: User, level: string, traffic: Traffic, reason?: string): Promise<string | undefined> {
    const path = level === 'global' ? '/api/v1/settings/global' : `/api/v1/settings/namespaces/${level}`;
    const view = (await (await this.console.get(path)).json()) as { stored?: { version: string } };
    const answer = await this.console.put(path, {
      headers: { ...this.as(user), ...(view.stored ? { 'if-match': `"${view.stored.version}"` } : { 'if-none-match': '*' }) },
      data: { traffic, ...(reason ? { reason } : {}) },
    });
    return ((await answer.json()) as { change?: string }).change;
  }

  /** Deletes the first pod of a Deployment; its owner makes a new one. */
  async restart(user: User, namespace: string, owner: string): Promise<void> {
    const [pod] = await this.pods(`namespace=${namespace}&owner=${owner}`);
    const answer = await this.console.delete(`/api/v1/pods/${namespace}/${pod!.name}`, {
      headers: { ...this.as(user), 'if-match': `"${pod!.uid}"` },
    });
    expect(answer.ok(), await answer.text()).toBe(true);
    // Of a StatefulSet the next one has the same name.
    const uids = async () => (await this.pods(`namespace=${namespace}&owner=${owner}`)).map(({ uid }) => uid);
    await expect.poll(uids).not.toContain(pod!.uid);
  }

  /** The pods that a filter finds. */
  async pods(filter: string): Promise<{ name: string; uid: string; status: string }[]> {
    const answer = await this.console.get(`/api/v1/pods?${filter}`);
    return ((await answer.json()) as { items: { name: string; uid: string; status: string }[] }).items;
  }

  /** Some weeks of work, in a few seconds. Returns the change that is shown by itself. */
  async work(): Promise<string> {
    await expect.poll(async () => (await this.console.get('/readyz')).status()).toBe(200);
    await expect.poll(async () => (await this.delivery()).state).toBe('ready');
    await this.save('admin', 'global', { excludeOutboundIPRanges: ['169.254.169.254/32'] }, 'Instance metadata is not for the mesh');
    for (const [namespace, owner] of [
      ['default', 'productpage'],
      ['shop', 'cart'],
      ['shop', 'cart'],
      ['shop', 'checkout'],
      ['shop', 'orders-db'],
      ['payments', 'ledger'],
      ['payments', 'fraud-agent'],
    ] as const) {
      await this.restart('admin', namespace, owner);
    }
    await this.save('shop-editor', 'shop', { excludeOutboundPorts: ['5432'] }, 'PostgreSQL brings its own TLS');
    await this.restart('shop-editor', 'shop', 'checkout');
    await this.save('admin', 'payments', { excludeInboundPorts: ['9102'], includeOutboundIPRanges: ['10.0.0.0/8'] });
    await this.save('viewer', 'payments', { excludeInboundPorts: [] }, 'Try to empty it');
    const change = await this.save(
      'shop-editor',
      'shop',
      { excludeOutboundPorts: ['5432', '6379'], excludeInboundPorts: ['9010'], excludeOutboundIPRanges: [] },
      'INC-4711: JMX of checkout must be reachable from outside the mesh',
    );
    await this.save('admin', 'default', {
      excludeInboundPorts: ['7001', '7002', '7005'],
      includeOutboundPorts: ['7001', '7002', '7005'],
    });
    await this.restart('shop-editor', 'shop', 'cart');
    await expect.poll(async () => (await this.pods('namespace=shop&owner=cart')).filter(({ status }) => status === 'Running').length).toBe(2);
    await expect.poll(async () => (await this.pods('state=stale')).length).toBeGreaterThan(3);
    return change!;
  }

  private async delivery(): Promise<{ state: string }> {
    const answer = await this.console.get('/api/v1/meshes');
    return ((await answer.json()) as { items: { delivery: { state: string } }[] }).items[0]!.delivery;
  }
}
