import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { createClock } from '../../src/core/time.ts';
import { openDatabase } from '../../src/store/database.ts';
import { deliverSyncs } from '../../src/sync/deliver.ts';

/** A sender in a process of its own, which a test can kill. */
const [, , url = '', schema = '', secret = ''] = process.argv;
const db = openDatabase({ url, schema, size: 4 });
const clock = createClock({ start: Date.parse('2026-03-01T12:00:00Z') });
const delivery = deliverSyncs({ db, clock, secret, log: pino({ level: 'silent' }) }, () => undefined);
for (;;) await delay(await delivery.pass());
