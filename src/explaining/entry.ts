/**
 * Whether somebody could enter a journey now, by the very code that lets people enter; nothing is changed.
 * @module
 */
import { type Explanation, explainCondition, type Named } from '../audiences/explain.ts';
import { factsOf } from '../audiences/membership.ts';
import { midnightAfter } from '../core/calendar.ts';
import type { JsonObject } from '../core/condition.ts';
import { describe } from '../core/describe.ts';
import { evaluate } from '../core/evaluate.ts';
import type { Again, Entry, Instances, Journey } from '../core/journey.ts';
import { readPath } from '../core/matching.ts';
import { localTimeAt, nextFor, scheduleOf, zoneFor } from '../core/schedule.ts';
import { earlier, type Instant } from '../core/time.ts';
import { lengthText } from '../core/time-text.ts';
import type { Workspace } from '../definitions/workspace-types.ts';
import type { Applying } from '../process/apply.ts';
import type { Profile } from '../process/profile.ts';
import { type Supposed, suppose } from '../process/suppose.ts';
import { runKey } from '../runs/enter.ts';
import type { PublishedJourney } from '../runs/journey-index.ts';
import type { Queryable } from '../store/database.ts';

export interface EntryExplained {
  readonly by: Entry['by'];
  /** What has to happen, and how often it counts. */
  readonly takes: string;
  /** Where an audience is asked: whether the person is in it, and why. */
  readonly audience: AudienceAsked | null;
  /** Of a scheduled journey: when the person's next turn is; null: there is none. */
  readonly turn: Date | null;
  /** It has happened, and the entry waits for the end of another run since then. */
  readonly waiting: { readonly since: Date; readonly reason: string } | null;
  /** What would come of it if it happened now. */
  readonly verdict: VerdictExplained;
}

interface AudienceAsked {
  readonly key: string;
  readonly member: boolean;
  /** Since when the answer is that; null: it never was another. */
  readonly since: Date | null;
  readonly explanation: Explanation;
}

export interface VerdictExplained {
  readonly answer: Supposed['answer'];
  /** Why not, or not yet. */
  readonly reason: string | null;
  /** When time alone gives another answer, as far as that is known. */
  readonly until: Date | null;
  /** What the run would get; null: there would be none. */
  readonly heldOut: HeldOut | null;
}

/** Held out of this journey, or of every one. */
export type HeldOut = 'no' | 'journey' | 'everywhere';

export interface EntryAsking {
  readonly db: Queryable;
  /** As it is at `now`. */
  readonly profile: Profile;
  readonly published: PublishedJourney;
  readonly workspace: Workspace;
  /** With places that are looked at only. */
  readonly applying: Applying;
  /** Nobody enters, and why; null: as the rules say. */
  readonly closed: string | null;
  /** Which of the runs side by side is asked about. Absent: one that there was not before. */
  readonly instance?: string | undefined;
}

export async function explainEntry(asking: EntryAsking, now: Instant): Promise<EntryExplained> {
  const { published, profile } = asking;
  const { journey } = published;
  const { enter, again } = journey;
  const schedule = scheduleOf(journey);
  const turn = schedule && nextFor(schedule, profile.traits, localTimeAt(now, zoneFor(schedule, profile.traits)));
  return {
    by: enter.by,
    takes: `${takes(enter, profile.kind)}; ${howOften(again)}`,
    audience: await audienceAsked(asking, now),
    turn: turn ? new Date(turn.at) : null,
    waiting: waitingIn(asking, now),
    verdict: explainVerdict(asking, now),
  };
}

function explainVerdict(asking: EntryAsking, now: Instant): VerdictExplained {
  const { closed } = asking;
  if (closed !== null) return { answer: 'refused', reason: closed, until: null, heldOut: null };
  const supposed = supposedAt(asking, now);
  const { answer, reason } = supposed;
  const other = turnsAt(asking, now).find((at) => !isSame(supposedAt(asking, at), supposed));
  const until = other === undefined ? null : new Date(other);
  return { answer, reason, until, heldOut: supposed.answer === 'enters' ? heldOutOf(supposed.run) : null };
}

export function heldOutOf({
  heldOut,
  heldOutEverywhere,
}: {
  readonly heldOut: boolean;
  readonly heldOutEverywhere?: boolean | undefined;
}): HeldOut {
  if (!heldOut) return 'no';
  return heldOutEverywhere === true ? 'everywhere' : 'journey';
}

function supposedAt({ profile, published, applying, instance }: EntryAsking, at: Instant): Supposed {
  return suppose(profile, { published, entry: occasionOf(published.journey, profile, instance) }, at, applying);
}

function isSame(one: Supposed, other: Supposed): boolean {
  return one.answer === other.answer && (one.answer === 'enters' || one.reason === other.reason);
}

/** Instants at which time alone may give another answer, in order. */
function turnsAt({ profile, published: { journey }, instance }: EntryAsking, now: Instant): Instant[] {
  const { again, limit, goal, exit } = journey;
  const entry = occasionOf(journey, profile, instance);
  const last = profile.runs.get(runKey({ journey: journey.key, instance: instanceOf(journey, entry) }));
  const facts = { ...factsOf(profile), enteredAt: now };
  const endings = [goal, exit.when].filter((one) => one !== null);
  const untils = endings.map((one) => evaluate(one, facts, now).until);
  const instants = [
    ...(typeof again === 'object' && last !== undefined ? [last.enteredAt + again.after] : []),
    ...(limit === undefined ? [] : [midnightAfter(now, 1, limit.zone)]),
    untils.reduce((soonest, until) => earlier(soonest, until), null),
  ];
  return instants.filter((at): at is Instant => at !== null && at > now).sort((a, b) => a - b);
}

/** What would bring the person here, as the run would keep it. */
function occasionOf({ enter }: Journey, { runs }: Profile, instance: string | undefined): JsonObject {
  const each = eachOf(enter);
  const properties = each === undefined ? {} : nested(each.property, instance ?? unheardOf(runs.size));
  switch (enter.by) {
    case 'audience':
    case 'leaving':
    case 'schedule':
      return { by: enter.by, audience: enter.audience };
    case 'event':
      return { by: 'event', event: enter.events.names[0] ?? '', properties };
    case 'request':
      return { by: 'request', properties };
  }
}

function eachOf(enter: Entry): Instances | undefined {
  return enter.by === 'event' || enter.by === 'request' ? enter.each : undefined;
}

function instanceOf({ enter }: Journey, { properties }: JsonObject): string | null {
  const each = eachOf(enter);
  return each === undefined ? null : String(readPath(properties as JsonObject, each.property));
}

/** No event says this. */
function unheardOf(count: number): string {
  return `(one that was not before, after ${count})`;
}

function nested(path: string, value: string): JsonObject {
  return path.split('.').reduceRight<JsonObject | string>((inner, key) => ({ [key]: inner }), value) as JsonObject;
}

async function audienceAsked(
  { db, profile, published, workspace }: EntryAsking,
  now: Instant,
): Promise<AudienceAsked | null> {
  const { enter } = published.journey;
  if (!('audience' in enter)) return null;
  const { audience: key } = enter;
  const condition = workspace.audiences[key]?.condition;
  const named: Named = workspace;
  const explanation = condition && (await explainCondition(db, profile.id, condition, now, named));
  if (explanation === undefined) return null;
  const known = profile.memberships.get(key);
  return {
    key,
    member: known?.member ?? false,
    since: known === undefined ? null : new Date(known.since),
    explanation,
  };
}

function waitingIn({ profile, published: { journey } }: EntryAsking, now: Instant): EntryExplained['waiting'] {
  const waiting = (profile.waiting ?? []).find((one) => one.journey === journey.key && one.since <= now);
  if (waiting === undefined) return null;
  return {
    since: new Date(waiting.since),
    reason: `waits for the end of another run of the group \`${journey.group?.key}\``,
  };
}

function takes(enter: Entry, kind: Profile['kind']): string {
  const who = kind === 'account' ? 'the account' : 'the person';
  switch (enter.by) {
    case 'audience':
      return `${who} comes to be in the audience \`${enter.audience}\``;
    case 'leaving':
      return `${who} ceases to be in the audience \`${enter.audience}\``;
    case 'event': {
      const event = describe({ kind: 'events', events: enter.events, times: { atLeast: 1 } });
      return `${kind === 'account' ? 'somebody in the account' : who} does \`${event}\`${sideBySide(enter.each)}`;
    }
    case 'request':
      return `${who} is asked in, by API or by file${sideBySide(enter.each)}`;
    case 'schedule':
      return `${who} is in the audience \`${enter.audience}\` when their turn comes`;
  }
}

function sideBySide(each: Instances | undefined): string {
  return each === undefined ? '' : `, one run for each \`${each.property}\`, ${each.atOnce} at once at most`;
}

function howOften(again: Again): string {
  if (again === 'never') return 'once only';
  if (again === 'always') return 'again and again';
  const { after, atMost } = again;
  return `again ${lengthText(after)} after the last entry${atMost === undefined ? '' : `, ${atMost} times at most`}`;
}
