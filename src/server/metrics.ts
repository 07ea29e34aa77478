/**
 * What is measured for Prometheus.
 * @module
 */
import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type IncomingEvent, inboxDepth } from '../ingest/inbox.ts';
import type { Database } from '../store/database.ts';

const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

export interface Metrics {
  countStored(events: readonly IncomingEvent[]): void;
}

/** Adds `GET /metrics`, and measures every request of `app`. */
export function addMetrics(app: FastifyInstance, db: Database, registry: Registry): Metrics {
  const durations = new Histogram({
    name: 'throughline_http_request_duration_seconds',
    help: 'How long requests took, by route',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers: [registry],
  });
  const stored = new Counter({
    name: 'throughline_events_accepted_total',
    help: 'Events answered with success, by call type',
    labelNames: ['type'],
    registers: [registry],
  });
  new Gauge({
    name: 'throughline_inbox_depth',
    help: 'Events accepted and not yet processed; NaN while Postgres is away',
    registers: [registry],
    async collect() {
      this.set(await inboxDepth(db).catch(() => Number.NaN));
    },
  });

  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    const route = routeOptions.url ?? 'none';
    durations.observe({ method, route, status: reply.statusCode }, reply.elapsedTime / 1_000);
  });
  app.get('/metrics', { schema: { tags: ['operation'], summary: 'Figures for Prometheus' } }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );

  return {
    countStored: (events) => {
      for (const { type } of events) stored.inc({ type });
    },
  };
}
