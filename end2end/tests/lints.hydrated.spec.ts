// What is remarkable: beside the field while one types, on the workload, and for the whole mesh.
import { expect, test } from './support/fixtures';
import { Setting } from './support/setting';

test('the reference page’s own example is told to change nothing outbound, beside its field', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const field = setting.field('includeOutboundPorts');
  await field.set('7001, 7002, 7005');
  await expect(field.input).toHaveAccessibleDescription(/This list changes nothing/);
  // It is silent once the addresses are a list.
  await setting.field('includeOutboundIPRanges').set('10.0.0.0/8');
  await expect(field.input).not.toHaveAccessibleDescription(/This list changes nothing/);
});

test('a loopback address among the included is told beside its field, by how it is written', async ({ page, namespace }) => {
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const field = setting.field('includeOutboundIPRanges');
  await field.set('10.0.0.0/8, 127.0.0.0/8');
  await expect(field.input).toHaveAccessibleDescription(/Traffic inside the pod is redirected too/);
  await field.remove('127.0.0.0/8').click();
  await expect(field.input).not.toHaveAccessibleDescription(/Traffic inside the pod is redirected too/);
});

test('a port of the Service is told with the container’s, while one types and on the Deployment', async ({ page, namespace, cluster }) => {
  await namespace.deploy('web', { ports: [8080] });
  await cluster.create(`api/v1/namespaces/${namespace.name}/services`, {
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  const setting = new Setting(page);
  await setting.open(namespace.name);
  const field = setting.field('excludeInboundPorts');
  await field.set('80');
  await expect(field.input).toHaveAccessibleDescription(/Write 8080 instead of 80/);
  await setting.save();
  await page.goto(`/workloads/deployments/${namespace.name}/web`);
  await expect(page.getByText('A port of the Service, not of the container')).toBeVisible();
});

test('clients that would speak mTLS to a bypassed port are named, with the rule that helps, which silences it', async ({
  page,
  namespace,
  cluster,
}) => {
  await namespace.deploy('web', { ports: [8080] });
  await namespace.deploy('client');
  await cluster.create(`api/v1/namespaces/${namespace.name}/services`, {
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  await namespace.store({ excludeInboundPorts: ['8080'] });
  await page.goto(`/lints?namespace=${namespace.name}`);
  const remark = page.getByRole('listitem').filter({ hasText: 'auto-mtls-breaks' });
  await expect(remark).toContainText('speak mTLS to web:80');
  await expect(remark.getByRole('link', { name: `Deployment ${namespace.name}/web` })).toBeVisible();
  await remark.getByText('YAML to apply').click();
  await expect(remark).toContainText(`host: web.${namespace.name}.svc.cluster.local`);
  await cluster.create(`apis/networking.istio.io/v1/namespaces/${namespace.name}/destinationrules`, {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: 'web-plaintext' },
    spec: {
      host: `web.${namespace.name}.svc.cluster.local`,
      trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls: { mode: 'DISABLE' } }] },
    },
  });
  // The page follows by itself.
  await expect(remark).toHaveCount(0);
});

test('two settings that disagree, a misspelt annotation and one in the wrong place are told', async ({ page, namespace, cluster }) => {
  await namespace.deploy('web', { annotations: { 'traffic.sidecar.istio.io/includeOutbondPorts': '80' } });
  await cluster.store(namespace.name, { excludeInboundPorts: ['1'] }, 'a', { app: 'web' });
  await cluster.store(namespace.name, { excludeInboundPorts: ['2'] }, 'b', { app: 'web' });
  await page.goto(`/lints?namespace=${namespace.name}`);
  await expect(page.getByText('workload-settings-clash')).toBeVisible();
  await expect(page.getByText('misspelt-annotation')).toBeVisible();
  await page.getByRole('combobox', { name: 'Severity' }).selectOption('Error');
  await expect(page.getByRole('heading', { name: 'Nothing remarkable' })).toBeVisible();
});
