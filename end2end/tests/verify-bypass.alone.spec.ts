// The reference page's section "Verify the bypass", on pods with a real Envoy. Alone: it changes the policy of the whole mesh.
import type { Page } from '@playwright/test';
import { expectNoBarrier } from './support/axe';
import { answers, expect, test } from './support/fixtures';
import { hydrated } from './support/hydrated';
import { GLOBAL } from './support/setting';
import { table } from './support/table';

/** A host outside the mesh. */
const EXTERNAL = '198.51.100.10';
const URL = `http://${EXTERNAL}/productpage`;

// A question that has to be confirmed is refused first.
test.use({ expected: answers(409) });

async function ask(page: Page, namespace: string, pod: string, change = ''): Promise<void> {
  await page.goto(`/workloads/verify?namespace=${namespace}&pod=${pod}&address=${EXTERNAL}&port=80&change=${change}`);
  await hydrated(page);
  await page.getByRole('textbox', { name: 'URL' }).fill(URL);
}

test('traffic that goes through Envoy is blocked by REGISTRY_ONLY, and what bypasses it is not', async ({ page, namespace, cluster }) => {
  const none = await cluster.withoutDataPlane();
  test.skip(none !== undefined, none);
  // It waits for pods, for Envoy and for istiod, one after the other.
  test.setTimeout(150_000);
  const before = await cluster.meshConfig();
  const [old] = await namespace.deploy('sleep', { plane: true });
  const proof = page.getByRole('region', { name: 'Ask the pod itself' });
  try {
    await test.step('through Envoy, and blocked while the mesh is REGISTRY_ONLY for it', async () => {
      await ask(page, namespace.name, old!);
      await proof.getByRole('button', { name: 'Ask', exact: true }).click();
      await expect(proof.getByText('Through Envoy', { exact: true })).toBeVisible({ timeout: 30_000 });
      await expect(table(proof, 'What was seen')).toContainText('PassthroughCluster');
      await proof.getByRole('radio', { name: /^REGISTRY_ONLY for the mesh/ }).check();
      await proof.getByRole('button', { name: 'Ask', exact: true }).click();
      const question = page.getByRole('dialog', { name: 'Block traffic meanwhile?' });
      await expect(question).toContainText('every Envoy of revision default refuses');
      await question.getByRole('button', { name: 'Block it meanwhile, and ask' }).click();
      await expect(proof.getByText('Blocked by Envoy', { exact: true })).toBeVisible({ timeout: 40_000 });
      await expect(proof.getByText("The pod's rules say the same")).toBeVisible();
      expect(await cluster.meshConfig()).toBe(before);
    });

    // Not the page of a pod that goes.
    await page.goto(GLOBAL);
    const change = await namespace.save({ excludeOutboundIPRanges: [`${EXTERNAL}/32`] });
    await namespace.deletePod(old!);
    await expect.poll(() => namespace.pods()).not.toContain(old);
    const [fresh] = await namespace.running('sleep', 1);

    await test.step('Sidecar Proxy Setting > global tab: Outbound Traffic Policy, REGISTRY_ONLY, Update Settings', async () => {
      const section = page.getByRole('group', { name: 'Outbound Traffic Policy' });
      await section.getByRole('radio', { name: /^REGISTRY_ONLY/ }).check();
      await section.getByRole('button', { name: 'Update Settings' }).click();
      await expect.poll(() => cluster.istiodPolicy()).toBe('REGISTRY_ONLY');
    });

    await test.step('access the productpage URL: it is successful, so the traffic bypassed the sidecar', async () => {
      await ask(page, namespace.name, fresh!, change);
      await expect(proof.getByRole('link', { name: 'the change that it is to prove' })).toBeVisible();
      await proof.getByRole('button', { name: 'Ask', exact: true }).click();
      await expect(proof.getByText('Went round Envoy', { exact: true })).toBeVisible({ timeout: 30_000 });
      await expect(proof.getByText("The pod's rules say the same")).toBeVisible();
      await expect(table(proof, 'What was seen')).toContainText('status 200');
    });

    await test.step('the evidence is kept, on a page of its own', async () => {
      const earlier = table(page, 'Verifications, newest first');
      await expect(earlier.getByRole('row')).toHaveCount(2);
      await earlier.getByRole('link').first().click();
      await expect(page.getByRole('heading', { name: 'Verification', level: 1 })).toBeVisible();
      await expect(page.getByText('Went round Envoy', { exact: true })).toBeVisible();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await expectNoBarrier(page);
      }
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download as JSON' }).click();
      expect((await download).suggestedFilename()).toMatch(/^verification-.*\.json$/);
      await page.goto(`/audit/${change}`);
      await expect(page.getByRole('link', { name: 'Ask a pod whether it does what it should' })).toHaveAttribute(
        'href',
        `/workloads/verify?namespace=${namespace.name}&change=${change}`,
      );
      await page.getByRole('link', { name: 'Verifications about this change' }).click();
      await expect(earlier.getByRole('row')).toHaveCount(2);
      await expect(earlier).toContainText(fresh!);
    });
  } finally {
    await cluster.meshConfig(before);
  }
});
