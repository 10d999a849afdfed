// A namespace of a test's own, with what the test puts there.
import { expect, type APIRequestContext } from '@playwright/test';
import type { Cluster, Thing, Traffic } from './cluster';

interface PodRow {
  name: string;
  uid: string;
  state: { is: string };
  status: string;
}

/** What a Deployment of a test may say beyond its name. */
export interface Workload {
  replicas?: number;
  /** Of the pod template. */
  annotations?: Record<string, string>;
  /** That its container declares. */
  ports?: number[];
  /** On the node whose pods have a real network and a real Envoy. */
  plane?: boolean;
  /** What becomes of its pods once they are those of a restart; see `end2end/cluster/restarted.go`. */
  restarted?: 'slow' | 'never-ready' | 'crash-loop';
}

const container = { name: 'app', image: 'demo/app:1', resources: { requests: { cpu: '1m', memory: '1Mi' } } };

const ON_PLANE = {
  nodeSelector: { 'kubernetes.io/hostname': 'node-plane' },
  tolerations: [{ key: 'sidestep.dev/data-plane', operator: 'Exists' }],
  terminationGracePeriodSeconds: 1,
};

export class Namespace {
  private constructor(
    readonly name: string,
    private readonly cluster: Cluster,
    private readonly console: APIRequestContext,
  ) {}

  /** Makes one whose pods istiod injects, unless the labels say otherwise, and waits until the console knows it. */
  static async make(
    cluster: Cluster,
    console: APIRequestContext,
    labels: Record<string, string> = { 'istio-injection': 'enabled' },
  ): Promise<Namespace> {
    const object = { metadata: { generateName: 'e2e-', labels } };
    const made = await cluster.create('api/v1/namespaces', object);
    const namespace = new Namespace(made.metadata.name, cluster, console);
    // Pods need the account that a controller makes.
    await expect.poll(() => cluster.list(`api/v1/namespaces/${namespace.name}/serviceaccounts`)).not.toEqual([]);
    await expect
      .poll(async () => (await console.get(`/api/v1/settings/namespaces/${namespace.name}`)).status())
      .toBe(200);
    return namespace;
  }

  async remove(): Promise<void> {
    // The namespace's own end waits for no grace period then.
    await this.cluster.ask('DELETE', `apis/apps/v1/namespaces/${this.name}/deployments`);
    await this.cluster.remove(`api/v1/namespaces/${this.name}`);
  }

  /** Makes a Deployment, and waits until the console sees its pods run. Returns their names, in order. */
  async deploy(
    name: string,
    { replicas = 1, annotations = {}, ports = [], restarted, plane = false }: Workload = {},
  ): Promise<string[]> {
    const labels = { app: name };
    await this.cluster.create(`apis/apps/v1/namespaces/${this.name}/deployments`, {
      metadata: { name, labels },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels: { ...labels, ...(restarted ? { 'sandbox.sidestep.dev/restarted': restarted } : {}) }, annotations },
          spec: { containers: [{ ...container, ports: ports.map((containerPort) => ({ containerPort })) }], ...(plane ? ON_PLANE : {}) },
        },
      },
    });
    return this.running(name, replicas);
  }

  /** Makes a pod that nobody owns. */
  async bare(name: string): Promise<void> {
    await this.cluster.create(`api/v1/namespaces/${this.name}/pods`, {
      metadata: { name, labels: { app: name } },
      spec: { containers: [container] },
    });
    await expect.poll(async () => (await this.seen(`q=${name}`)).map(({ status }) => status)).toEqual(['Running']);
  }

  /** The names of a Deployment's pods, once the console sees that so many run. */
  async running(deployment: string, count: number): Promise<string[]> {
    let names: string[] = [];
    await expect
      .poll(async () => {
        const rows = (await this.seen(`owner=${deployment}`)).filter(({ status }) => status === 'Running');
        names = rows.map(({ name }) => name).sort();
        return names.length;
      })
      .toBe(count);
    return names;
  }

  /** Waits until the console counts so many stale pods here. */
  async hasStale(count: number): Promise<void> {
    await expect.poll(async () => (await this.seen('state=stale')).length).toBe(count);
  }

  /** Waits until the console says of so many pods here that it cannot judge them. */
  async hasUnknown(count: number): Promise<void> {
    await expect.poll(async () => (await this.seen('state=unknown')).length).toBe(count);
  }

  private async seen(filter: string): Promise<PodRow[]> {
    const answer = await this.console.get(`/api/v1/pods?namespace=${this.name}&limit=500&${filter}`);
    expect(answer.ok(), await answer.text()).toBe(true);
    return ((await answer.json()) as { items: PodRow[] }).items;
  }

  /** A pod as the cluster has it. */
  async pod(name: string): Promise<Thing> {
    return (await this.cluster.ask('GET', `api/v1/namespaces/${this.name}/pods/${name}`)).body as Thing;
  }

  /** The names of the pods that the cluster has and is not about to end. */
  async pods(): Promise<string[]> {
    const all = await this.cluster.list(`api/v1/namespaces/${this.name}/pods`);
    return all.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name);
  }

  /** Deletes a pod as `kubectl` would. */
  async deletePod(name: string): Promise<void> {
    await this.cluster.remove(`api/v1/namespaces/${this.name}/pods/${name}`);
  }

  /** What the namespace, or a workload setting in it, stores; undefined: nothing. */
  stored(setting?: string): Promise<Traffic | undefined> {
    return this.cluster.stored(this.name, setting);
  }

  /** Stores a setting as `kubectl` would, and waits until the console has seen it. */
  async store(traffic: Traffic): Promise<void> {
    await this.cluster.store(this.name, traffic);
    await expect.poll(async () => (await this.view()).stored?.traffic).toEqual(traffic);
  }

  /** Removes the setting as `kubectl` would. */
  async unstore(): Promise<void> {
    await this.cluster.unstore(this.name);
  }

  /** Saves through the console, so that it is recorded; returns the change's id. */
  async save(traffic: Traffic, reason?: string): Promise<string> {
    const version = (await this.view()).stored?.version;
    const answer = await this.console.put(`/api/v1/settings/namespaces/${this.name}`, {
      headers: version ? { 'if-match': `"${version}"` } : { 'if-none-match': '*' },
      data: { traffic, ...(reason ? { reason } : {}) },
    });
    expect(answer.ok(), await answer.text()).toBe(true);
    return ((await answer.json()) as { change: string }).change;
  }

  private async view(): Promise<{ stored?: { traffic: Traffic; version: string } }> {
    const answer = await this.console.get(`/api/v1/settings/namespaces/${this.name}`);
    return (await answer.json()) as { stored?: { traffic: Traffic; version: string } };
  }
}

/** The value of a flag of `istio-init`: what the rules of the running pod are made from. */
export function flag(pod: Thing, name: string): string | undefined {
  const args = pod.spec?.initContainers?.find((container) => container.name === 'istio-init')?.args ?? [];
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
}
