/**
 * The Temporal server's own count of what the cloud would bill.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Ground } from './ground.ts';

export interface ActionCounter {
  /** Actions since the counter was made, by type, those that did not occur left out. */
  perType(): Promise<Record<string, number>>;
}

const SETTLES_WITHIN = 1_500;
const SAMPLE = /^action\{(.*)\} ([0-9.e+]+)$/;

/** Undefined where the server is not ours and we cannot see its metrics. */
export async function actionCounter({ temporal, temporalNamespace }: Ground): Promise<ActionCounter | undefined> {
  if (temporal === undefined) return undefined;
  const { metricsUrl } = temporal;
  const before = await readActions(metricsUrl, temporalNamespace);
  return {
    perType: async () => {
      const after = await settledActions(metricsUrl, temporalNamespace);
      return Object.fromEntries(
        Object.entries(after)
          .map(([type, count]) => [type, count - (before[type] ?? 0)] as const)
          .filter(([, count]) => count > 0),
      );
    },
  };
}

/** The server adds up in the background: read until two looks agree. */
async function settledActions(metricsUrl: string, namespace: string): Promise<Record<string, number>> {
  let last = await readActions(metricsUrl, namespace);
  for (;;) {
    await delay(SETTLES_WITHIN);
    const next = await readActions(metricsUrl, namespace);
    if (JSON.stringify(next) === JSON.stringify(last)) return next;
    last = next;
  }
}

async function readActions(metricsUrl: string, namespace: string): Promise<Record<string, number>> {
  const text = await (await fetch(metricsUrl)).text();
  const actions: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [, labels = '', count] = SAMPLE.exec(line) ?? [];
    if (count === undefined || !labels.includes(`namespace="${namespace}"`)) continue;
    const type = /action_type="([^"]*)"/.exec(labels)?.[1] ?? 'unknown';
    actions[type] = (actions[type] ?? 0) + Number(count);
  }
  return actions;
}
