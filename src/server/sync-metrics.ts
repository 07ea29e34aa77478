/**
 * Figures of syncs for Prometheus.
 * @module
 */
import { Gauge, type Registry } from 'prom-client';
import { type Clock, SECOND } from '../core/time.ts';
import type { Database } from '../store/database.ts';
import { type ReadSync, readSyncs } from '../sync/read-syncs.ts';

const FIGURES: readonly { readonly name: string; readonly help: string; readonly of: (sync: ReadSync) => number }[] = [
  { name: 'waiting', help: 'Changes that are still to be accepted', of: ({ waiting }) => waiting },
  {
    name: 'oldest_waiting_seconds',
    help: 'How long the oldest of them has waited',
    of: ({ oldestWaiting }) => (oldestWaiting?.age ?? 0) / SECOND,
  },
  { name: 'delivered', help: 'Changes that were accepted, ever', of: ({ delivered }) => delivered },
  { name: 'failed', help: 'Changes of the last 30 days that were refused or given up', of: ({ failed }) => failed },
  { name: 'stopped', help: '1 where the receiver answered 410', of: ({ stopped }) => (stopped === null ? 0 : 1) },
];

/** Adds `throughline_sync_…`, by sync; without values while Postgres is away. */
export function addSyncMetrics(db: Database, clock: Clock, registry: Registry): void {
  let reading: Promise<ReadSync[]> | undefined;
  // All figures of one scrape are read at once.
  const read = () => {
    reading ??= readSyncs(db, clock.now())
      .catch(() => [])
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  for (const { name, help, of } of FIGURES) {
    new Gauge({
      name: `throughline_sync_${name}`,
      help,
      labelNames: ['sync'],
      registers: [registry],
      async collect() {
        const syncs = await read();
        this.reset();
        for (const sync of syncs) this.set({ sync: sync.key }, of(sync));
      },
    });
  }
}
