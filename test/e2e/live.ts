import type { Instant, Milliseconds } from '../../src/core/time.ts';
import { findPersonId } from '../../src/profiles/find.ts';
import { suppress } from '../../src/runs/suppression.ts';
import type { Occasion, Persona } from '../../src/simulate/persona.ts';
import type { TestEvent } from '../kit/engine.ts';
import type { TimeSkippingEngine } from '../kit/time-skipping-engine.ts';

/** Lets everybody live through the real engine, side by side. @returns when that ends */
export async function live(
  engine: TimeSkippingEngine,
  personas: readonly Persona[],
  lifetime: Milliseconds,
): Promise<Instant> {
  const everybody = personas.flatMap((persona) => [persona, ...(persona.colleagues ?? [])]);
  for (const { userId, traits, accounts = {} } of everybody) {
    await engine.identify(userId, traits);
    for (const [groupId, known] of Object.entries(accounts))
      await engine.send({ type: 'group', name: 'group', userId, groupId, traits: known });
    // Of people who joined an account together, the one who was known first comes first.
    if (Object.keys(accounts).length > 0) await engine.settled();
  }
  const start = engine.clock.now();
  const timeline = new Map<Instant, [string, Occasion][]>();
  for (const { userId, events } of everybody) {
    for (const occasion of events) {
      const at = 'instant' in occasion.at ? occasion.at.instant : start + occasion.at.after;
      timeline.set(at, [...(timeline.get(at) ?? []), [userId, occasion]]);
    }
  }
  for (const [at, occasions] of [...timeline].sort(([a], [b]) => a - b)) {
    await engine.pass(at - engine.clock.now());
    const events: TestEvent[] = [];
    for (const [userId, occasion] of occasions) events.push(await eventOf(engine, userId, occasion));
    await engine.send(...events);
  }
  await engine.pass(start + lifetime - engine.clock.now());
  return engine.clock.now();
}

async function eventOf(engine: TimeSkippingEngine, userId: string, occasion: Occasion): Promise<TestEvent> {
  if ('identify' in occasion) return { type: 'identify', name: 'identify', userId, traits: occasion.identify };
  if ('group' in occasion)
    return { type: 'group', name: 'group', userId, groupId: occasion.group, traits: occasion.traits };
  if (occasion.byEngine !== true) return { name: occasion.event, userId, properties: occasion.properties };
  const profileId = (await findPersonId(engine.db, userId)) ?? 0;
  const { unsubscribed_from: category } = occasion.properties;
  if (typeof category === 'string')
    await suppress(engine.db, profileId, { what: category, until: null }, engine.clock.now(), { by: 'a test' });
  return { name: occasion.event, profileId, properties: occasion.properties };
}
