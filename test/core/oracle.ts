/**
 * What a condition means, said a second time and as plainly as it can be: filter the whole history at one instant, and
 * know nothing of indexes, order or when the answer may change. Shares nothing with `src/core` but its types.
 * @module
 */
import type {
  Aggregate,
  CalendarDays,
  Condition,
  EventFilter,
  EventPattern,
  Expression,
  Habit,
  Json,
  Sequence,
  Signal,
} from '../../src/core/condition.ts';
import type { EventFact, Facts } from '../../src/core/facts.ts';
import { at, canonical, dateOf, passes } from './oracle-values.ts';

const A_DAY = 86_400_000;

/** Is it true of this profile at this instant? */
export function oracle(condition: Condition, facts: Facts, now: number): boolean {
  switch (condition.kind) {
    case 'audience':
      return [...facts.audiences].some((key) => key === condition.key);
    case 'not':
      return oracle(condition.of, facts, now) === false;
    case 'all':
      return condition.of.filter((part) => oracle(part, facts, now)).length === condition.of.length;
    case 'any':
      return condition.of.filter((part) => oracle(part, facts, now)).length > 0;
    case 'value':
      return passes(oracleValue(condition.of, facts, now), condition.test, now);
    case 'compare': {
      const [left, right] = [condition.left, condition.right].map((side) => oracleValue(side, facts, now));
      if (condition.op === 'isNot')
        return left === undefined || right === undefined || canonical(left) !== canonical(right);
      if (left === undefined || right === undefined) return false;
      if (condition.op === 'is') return canonical(left) === canonical(right);
      if (typeof right !== 'number' && typeof right !== 'string') return false;
      return passes(left, { op: condition.op, value: right }, now);
    }
    case 'events':
      return isWithin(counted(condition.events, facts, now).length, condition.times);
    case 'sequence':
      return hasHappened(condition, facts, now);
    case 'related': {
      const total = facts.related === undefined ? 0 : facts.related.total;
      const count = facts.related?.inAudience.get(condition.audience) ?? 0;
      return condition.times === 'all' ? total > 0 && total === count : isWithin(count, condition.times);
    }
  }
}

function isWithin(count: number, times: { readonly atLeast?: number; readonly atMost?: number }): boolean {
  const tooFew = times.atLeast !== undefined && count < times.atLeast;
  const tooMany = times.atMost !== undefined && count > times.atMost;
  return !tooFew && !tooMany;
}

function isSuch({ names, where }: EventPattern, event: EventFact): boolean {
  const named = names.some((name) => name === event.name || (name === '*' && !event.byEngine));
  return named && !where.some(({ path, test }) => !passes(at(event.properties, path), test, event.at));
}

function counted(filter: EventFilter, facts: Facts, now: number): EventFact[] {
  const { within, days } = filter;
  return everCounted(filter, facts, now)
    .filter((event) => within === undefined || now < event.at + within)
    .filter((event) => days === undefined || isInDays(event.at, now, days, facts));
}

/** Windows aside. */
function everCounted({ since, upTo, ...pattern }: EventFilter, facts: Facts, now: number): EventFact[] {
  const known = facts.events.filter((event) => event.at <= now);
  let from = Number.NEGATIVE_INFINITY;
  if (since === 'entry') from = facts.enteredAt ?? Number.POSITIVE_INFINITY;
  else if (since !== undefined) {
    const times = known.filter((event) => isSuch(since, event)).map((event) => event.at);
    if (times.length === 0) return [];
    from = since.which === 'first' ? Math.min(...times) : Math.max(...times);
  }
  return known
    .filter((event) => event.at > from && (upTo === undefined || event.at - from < upTo))
    .filter((event) => isSuch(pattern, event));
}

function isInDays(then: number, now: number, { count, zone }: CalendarDays, facts: Facts): boolean {
  const own = zoneIn(facts, zone);
  return dayOf(now, own) - dayOf(then, own) < count;
}

function zoneIn({ traits: { timezone } }: Facts, otherwise: string): string {
  return typeof timezone === 'string' && ZONES.has(timezone) ? timezone : otherwise;
}

const ZONES = new Set(Intl.supportedValuesOf('timeZone'));
const calendars = new Map<string, Intl.DateTimeFormat>();

/** The date that a calendar on the wall shows, as a number that goes up by one each day. */
function dayOf(instant: number, zone: string): number {
  const calendar = calendars.get(zone) ?? new Intl.DateTimeFormat('en-CA', { timeZone: zone });
  calendars.set(zone, calendar);
  return Date.parse(`${calendar.format(instant)}T00:00:00Z`) / A_DAY;
}

/** Tries every choice of one event for each step. */
function hasHappened(sequence: Sequence, facts: Facts, now: number): boolean {
  const { steps, within, thenNot, since } = sequence;
  if (since === 'entry' && facts.enteredAt === undefined) return false;
  const known = facts.events.filter((event) => event.at <= now);
  const allowed = known.filter((event) => since === undefined || event.at > (facts.enteredAt ?? 0));

  const tryFrom = (chosen: readonly EventFact[]): boolean => {
    const step = steps[chosen.length];
    if (step === undefined) return isComplete(chosen);
    const last = chosen[chosen.length - 1];
    return allowed
      .filter((event) => isSuch(step, event))
      .filter((event) => last === undefined || event.at > last.at)
      .filter((event) => last === undefined || step.within === undefined || event.at - last.at < step.within)
      .some((event) => tryFrom([...chosen, event]));
  };
  const isComplete = (chosen: readonly EventFact[]): boolean => {
    const first = chosen[0]?.at ?? 0;
    const last = chosen[chosen.length - 1]?.at ?? 0;
    const between = known.filter((event) => event.at > first && event.at < last);
    if (between.some((event) => sequence.without.some((pattern) => isSuch(pattern, event)))) return false;
    if (sequence.session !== undefined && longestPause(sequence, known, first, last) >= sequence.session) return false;
    const completed = thenNot === undefined ? last : last + thenNot.within;
    if (completed > now || (within !== undefined && now - completed >= within)) return false;
    return !known.some((event) => thenNot && event.at > last && event.at < completed && isSuch(thenNot, event));
  };
  return tryFrom([]);
}

function longestPause({ steps }: Sequence, known: readonly EventFact[], first: number, last: number): number {
  const times = known
    .filter((event) => event.at >= first && event.at <= last)
    .filter((event) => !event.byEngine || steps.some((step) => isSuch(step, event)))
    .map((event) => event.at)
    .sort((a, b) => a - b);
  return Math.max(0, ...times.slice(1).map((time, index) => time - (times[index] ?? time)));
}

/** The value of an expression; undefined where there is none. */
export function oracleValue(expression: Expression, facts: Facts, now: number): Json | undefined {
  switch (expression.kind) {
    case 'trait':
      return at(facts.traits, expression.path);
    case 'constant':
      return expression.value;
    case 'orElse': {
      const value = oracleValue(expression.of, facts, now);
      return value === undefined || value === null ? oracleValue(expression.otherwise, facts, now) : value;
    }
    case 'ago':
      return oracleValue(expression.of, facts, now - expression.by);
    case 'related':
      if (facts.related === undefined) return 0;
      return expression.audience === null
        ? facts.related.total
        : (facts.related.inAudience.get(expression.audience) ?? 0);
    case 'daysSince': {
      const then = dateOf(oracleValue(expression.of, facts, now));
      if (then === null) return undefined;
      if (expression.zone === undefined) return Math.floor((now - then) / A_DAY);
      const zone = zoneIn(facts, expression.zone);
      return dayOf(now, zone) - dayOf(then, zone);
    }
    case 'arithmetic':
      return calculated(
        expression.op,
        oracleValue(expression.left, facts, now),
        oracleValue(expression.right, facts, now),
      );
    case 'score': {
      let total = 0;
      for (const signal of expression.signals) total += pointsFor(signal, facts, now);
      return Math.floor(total * 1_000_000 + 0.5) / 1_000_000;
    }
    case 'band': {
      const value = oracleValue(expression.of, facts, now);
      if (typeof value !== 'number') return undefined;
      return expression.bands.filter(({ from }) => from <= value)[0]?.name;
    }
    case 'aggregate':
      return aggregated(expression, facts, now);
  }
}

function calculated(op: string, left: Json | undefined, right: Json | undefined): number | undefined {
  if (typeof left !== 'number' || typeof right !== 'number') return undefined;
  const results: Record<string, number> = {
    '+': left + right,
    '-': left - right,
    '*': left * right,
    '/': right === 0 ? Number.NaN : left / right,
    min: left < right ? left : right,
    max: left > right ? left : right,
  };
  const result = results[op];
  return Number.isFinite(result) ? result : undefined;
}

function pointsFor({ weight, most = Number.POSITIVE_INFINITY, by }: Signal, facts: Facts, now: number): number {
  let points = 0;
  if ('condition' in by) points = oracle(by.condition, facts, now) ? weight : 0;
  else {
    const { decay } = by;
    let shares = 0;
    for (const event of counted(by.events, facts, now)) {
      const age = now - event.at;
      if (decay === null) shares += 1;
      else if ('steps' in decay) shares += decay.steps.filter(({ until }) => age < until)[0]?.share ?? 0;
      else if (age < 10 * decay.halfLife) shares += 0.5 ** ((Math.floor(age / A_DAY) * A_DAY) / decay.halfLife);
    }
    points = weight * shares;
  }
  return Math.abs(points) <= most ? points : Math.sign(points) * most;
}

function aggregated(
  { fn, events: filter, property, habit }: Extract<Expression, { kind: 'aggregate' }>,
  facts: Facts,
  now: number,
): Json | undefined {
  const events = counted(filter, facts, now);
  const valuesOf = (those: readonly EventFact[]): Json[] =>
    those
      .map((event) => (property === undefined ? undefined : at(event.properties, property)))
      .filter((value) => value !== undefined && value !== null);
  const values = valuesOf(events);
  const numbers = values.filter((value) => typeof value === 'number').map(Number);
  let sum = 0;
  for (const number of numbers) sum += number;
  const different = new Map(values.map((value) => [canonical(value), value]));
  const older = everCounted(filter, facts, now).filter((event) => !events.includes(event));
  const known = new Set(valuesOf(older).map(canonical));
  const fresh = [...different].filter(([text]) => !known.has(text)).map(([, value]) => value);
  const times = events.map((event) => new Date(event.at).toISOString());
  const answers: Record<Aggregate, Json | undefined> = {
    count: events.length,
    sum: Number.isFinite(sum) ? sum : undefined,
    average: numbers.length > 0 && Number.isFinite(sum) ? sum / numbers.length : undefined,
    min: [...numbers].sort((a, b) => a - b)[0],
    max: [...numbers].sort((a, b) => b - a)[0],
    first: values[0],
    last: values[values.length - 1],
    firstAt: times[0],
    lastAt: times[times.length - 1],
    uniqueCount: different.size,
    uniqueList: [...different.values()],
    newCount: fresh.length,
    newList: fresh,
    usualHour: habit && usualHour(events, habit, facts),
    people: new Set(events.map(({ person }) => person).filter((person) => person !== undefined)).size,
  };
  return answers[fn];
}

function usualHour(events: readonly EventFact[], { zone, atLeast }: Habit, facts: Facts): number | undefined {
  const shown = new Intl.DateTimeFormat('en-GB', { timeZone: zoneIn(facts, zone), hour: '2-digit', hourCycle: 'h23' });
  const hours = events.map((event) => Number(shown.format(event.at)));
  const times = (hour: number) => hours.filter((other) => other === hour).length;
  return events.length < atLeast ? undefined : hours.sort((a, b) => times(b) - times(a) || a - b)[0];
}
