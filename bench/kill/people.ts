/**
 * Who is on their way through the kill bench's journeys, and what they do.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../../src/core/time.ts';
import { peopleOf, userOf } from '../harness/people.ts';
import type { Sink } from '../harness/sink.ts';
import { type Call, group, identify, type TrackingClient, track } from '../harness/tracking.ts';

/** Of ten people. `full`: every kind of step, and half of them two journeys that want one slot. */
const ROLES = [
  'full',
  'full',
  'full',
  'full',
  'converting',
  'converting',
  'converting',
  'called',
  'grouped',
  'team',
] as const;
const TEAM = 5;
/** Every so many of the first quarter of those who could convert do not, and leave by the journey's timeout. */
const UNCONVERTED_EVERY = 4;

type Role = (typeof ROLES)[number];

export interface Traveller {
  readonly userId: string;
  readonly email: string;
  readonly role: Role;
  /** Which of its role. */
  readonly ordinal: number;
  /** Converts, or does what a step waits for, once a message is there. */
  readonly answers: boolean;
}

export interface ExpectedRun {
  readonly journey: string;
  /** User id of the person, or of the account. */
  readonly of: string;
}

export function travellersOf(seed: number, count: number): Traveller[] {
  const ordinals = new Map<string, number>();
  return peopleOf(`seed-${seed}`, count).map((person, index) => {
    const role = ROLES[index % ROLES.length] ?? 'full';
    const ordinal = ordinals.get(role) ?? 0;
    ordinals.set(role, ordinal + 1);
    const stays = index < count / 4 && ordinal % UNCONVERTED_EVERY === 0;
    const answers = role === 'full' ? ordinal % 2 === 0 : role === 'converting' && !stays;
    return { ...person, role, ordinal, answers };
  });
}

/** Every entry that has to make exactly one run. */
export function expectedRuns(travellers: readonly Traveller[]): ExpectedRun[] {
  return travellers.flatMap((one) => journeysOf(one).map((journey) => ({ journey, of: whom(journey, one) })));
}

const whom = (journey: string, one: Traveller) => (journey === 'team' ? accountOf(one) : one.userId);
const accountOf = ({ userId, ordinal }: Traveller) =>
  `${userId.slice(0, userId.lastIndexOf('-'))}-team-${Math.floor(ordinal / TEAM)}`;
const isPromoted = ({ ordinal }: Traveller) => ordinal % 4 < 2;
/** The last of them, when the others are in it. */
const startsTeam = ({ ordinal }: Traveller) => ordinal % TEAM === TEAM - 1;

function journeysOf(one: Traveller): readonly string[] {
  switch (one.role) {
    case 'full':
      return ['all-kinds', ...(isPromoted(one) ? ['promoted-low', 'promoted-high'] : [])];
    case 'called':
      return ['called', 'opening'];
    case 'grouped':
      return ['grouped-one', 'grouped-two'];
    case 'team':
      return startsTeam(one) ? ['team'] : [];
    default:
      return ['converting'];
  }
}

function callsOf(one: Traveller): Call[] {
  const { userId, email, role } = one;
  switch (role) {
    case 'full': {
      const promoted = isPromoted(one) ? [track(userId, 'Kill Promoted')] : [];
      return [identify(userId, { email }), track(userId, 'Kill Started'), ...promoted];
    }
    case 'called':
      return [identify(userId, { email }), track(userId, 'Kill Called')];
    case 'grouped':
      return [identify(userId, { email }), track(userId, 'Kill Grouped')];
    case 'team': {
      const started = startsTeam(one) ? [track(userId, 'Kill Team Started', {}, accountOf(one))] : [];
      return [identify(userId, { email, champion: startsTeam(one) }), group(userId, accountOf(one)), ...started];
    }
    default:
      return [identify(userId, { email }), track(userId, 'Reference Started')];
  }
}

export interface Crowd {
  /** Everyone's events have been posted. */
  readonly posted: Promise<void>;
  readonly answered: readonly string[];
  /** Calls that have not been answered with 200 yet. */
  waiting(): number;
}

/** Posts everyone's events evenly over the time, and what some do once their first message is accepted. */
export function postCrowd(
  travellers: readonly Traveller[],
  seconds: number,
  tracking: TrackingClient,
  sink: Sink,
): Crowd {
  const answered: string[] = [];
  const byId = new Map(travellers.map((one) => [one.userId, one]));
  const underWay = new Set<Promise<void>>();
  const post = (calls: readonly Call[]) => {
    const sending = tracking.sendBatch(calls).then(() => {
      answered.push(...calls.map(({ messageId }) => messageId));
      underWay.delete(sending);
    });
    underWay.add(sending);
  };
  sink.onAccepted(({ to }) => {
    const one = byId.get(userOf(to));
    byId.delete(userOf(to));
    if (one?.answers) post([track(one.userId, one.role === 'converting' ? 'Reference Converted' : 'Kill Seen')]);
  });
  const posted = (async () => {
    for (const one of travellers) {
      post(callsOf(one));
      await delay((seconds * SECOND) / travellers.length);
    }
  })();
  return { posted, answered, waiting: () => underWay.size };
}
