// The sandbox's cluster, asked directly: what a person does with `kubectl`, beside the console.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The users that the sandbox knows. */
export type User = 'admin' | 'shop-editor' | 'viewer';

/** The six fields as a resource holds them: absent inherits, empty is explicitly empty. */
export type Traffic = Partial<Record<FieldName, string[]>>;

export type FieldName =
  | 'includeOutboundIPRanges'
  | 'excludeOutboundIPRanges'
  | 'includeInboundPorts'
  | 'excludeInboundPorts'
  | 'includeOutboundPorts'
  | 'excludeOutboundPorts';

interface Ready {
  apiServer: string;
  tokens: Record<User, string>;
  caFile: string;
  istiodDebugURL: string;
}

/** What of a Kubernetes object is looked at here. */
export interface Thing {
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion?: string;
    deletionTimestamp?: string;
  };
  spec?: { traffic?: Traffic; initContainers?: { name: string; args?: string[] }[] };
  status?: { phase?: string };
}

interface Answer {
  status: number;
  body: unknown;
}

const SETTINGS = 'apis/sidestep.dev/v1alpha1';
/** Where the Global setting lives: the sandbox's root namespace. */
export const ROOT = 'istio-system';

export class Cluster {
  private readonly agent: Agent;

  private constructor(
    private readonly state: string,
    private readonly ready: Ready,
  ) {
    this.agent = new Agent({ ca: readFileSync(ready.caFile), keepAlive: true });
  }

  /** The sandbox that the environment names. */
  static fromEnvironment(): Cluster {
    const state = process.env.SIDESTEP_SANDBOX;
    if (!state) {
      throw new Error(
        'SIDESTEP_SANDBOX is not set: these tests need a sandbox and a console, and `make test` starts what they need',
      );
    }
    return new Cluster(state, JSON.parse(readFileSync(join(state, 'ready.json'), 'utf8')) as Ready);
  }

  /** The bearer token of a user. */
  token(user: User): string {
    return this.ready.tokens[user];
  }

  /** Freezes the API server, or lets it go on. */
  async freeze(): Promise<void> {
    await this.sandbox('pause');
  }

  async thaw(): Promise<void> {
    await this.sandbox('resume');
  }

  private async sandbox(command: 'pause' | 'resume'): Promise<void> {
    const binary = process.env.SIDESTEP_SANDBOX_BIN;
    if (!binary) throw new Error('SIDESTEP_SANDBOX_BIN is not set: it names the sandbox’s binary');
    await promisify(execFile)(binary, [command, '--state', this.state, 'kube-apiserver']);
  }

  /** Asks the API server as the administrator; an answer that is no success, and is not in `also`, is an error. */
  async ask(method: string, path: string, body?: unknown, also: number[] = []): Promise<Answer> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      const sent = request(
        `${this.ready.apiServer}/${path}`,
        {
          method,
          agent: this.agent,
          headers: {
            authorization: `Bearer ${this.token('admin')}`,
            accept: 'application/json',
            'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (part: string) => (text += part));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown }));
        },
      );
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
    const isFine = answer.status < 300 || also.includes(answer.status);
    if (!isFine) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  }

  async list(path: string): Promise<Thing[]> {
    return ((await this.ask('GET', path)).body as { items: Thing[] }).items;
  }

  async create(path: string, object: unknown): Promise<Thing> {
    return (await this.ask('POST', path, object)).body as Thing;
  }

  /** Removes a thing that may be gone already. */
  async remove(path: string): Promise<void> {
    await this.ask('DELETE', path, undefined, [404]);
  }

  /** What a level stores; undefined: nothing. */
  async stored(namespace: string, name = 'default'): Promise<Traffic | undefined> {
    const path = `${SETTINGS}/namespaces/${namespace}/sidecarsettings/${name}`;
    const { status, body } = await this.ask('GET', path, undefined, [404]);
    return status === 404 ? undefined : ((body as Thing).spec?.traffic ?? {});
  }

  /** Stores a setting as `kubectl apply` would, whatever is there. */
  async store(namespace: string, traffic: Traffic, name = 'default', selector?: Record<string, string>): Promise<void> {
    const path = `${SETTINGS}/namespaces/${namespace}/sidecarsettings`;
    const { status, body } = await this.ask('GET', `${path}/${name}`, undefined, [404]);
    const setting = {
      apiVersion: 'sidestep.dev/v1alpha1',
      kind: 'SidecarSetting',
      metadata: { name, namespace, ...(status === 404 ? {} : { resourceVersion: (body as Thing).metadata.resourceVersion }) },
      spec: { traffic, ...(selector ? { selector: { matchLabels: selector } } : {}) },
    };
    if (status === 404) await this.ask('POST', path, setting);
    else await this.ask('PUT', `${path}/${name}`, setting);
  }

  /** Why there are no pods with a real Envoy here; undefined: there are. Waits while they are being made possible. */
  async withoutDataPlane(): Promise<string | undefined> {
    const file = join(this.state, 'dataplane.json');
    for (;;) {
      const { state, reason } = JSON.parse(readFileSync(file, 'utf8')) as { state: string; reason?: string };
      if (state === 'ready') return undefined;
      if (state === 'absent') return reason ?? 'the sandbox has no data plane';
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** What istiod itself goes by for destinations that nothing in the mesh declares. */
  async istiodPolicy(): Promise<string> {
    const answer = await fetch(`${this.ready.istiodDebugURL}/debug/mesh`);
    const mesh = (await answer.json()) as { outboundTrafficPolicy?: { mode?: string } };
    // The zero of an enumeration is left out.
    return mesh.outboundTrafficPolicy ? (mesh.outboundTrafficPolicy.mode ?? 'REGISTRY_ONLY') : 'ALLOW_ANY';
  }

  /** The text of the mesh configuration, or another one in its place. */
  async meshConfig(text?: string): Promise<string> {
    const path = `api/v1/namespaces/${ROOT}/configmaps/istio`;
    if (text !== undefined) await this.ask('PATCH', path, { data: { mesh: text } });
    return ((await this.ask('GET', path)).body as { data: { mesh: string } }).data.mesh;
  }

  /** Removes a setting that may not be there. */
  async unstore(namespace: string, name = 'default'): Promise<void> {
    await this.remove(`${SETTINGS}/namespaces/${namespace}/sidecarsettings/${name}`);
  }
}
