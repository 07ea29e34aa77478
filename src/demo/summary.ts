/**
 * What came of the half year, and whether the engine's word for it holds.
 * @module
 */
import type { Instant } from '../core/time.ts';
import { type Conversion, conversionByHoldout } from '../measurement/conversion.ts';
import { type JourneyOutcomes, journeyOutcomes } from '../measurement/journey-outcomes.ts';
import { type ChannelMessages, messagesByChannel, type Refusals, refusals } from '../measurement/messages.ts';
import { audienceCrossings, countTrackedEvents, sentMessageIds } from '../measurement/recorded.ts';
import { type Agreement, compareRuns } from './agreement.ts';
import type { ShopCall } from './clickstream.ts';
import { backtestedRuns, recordedRuns } from './lived-runs.ts';
import { checkMailbox, type MailboxCheck, messageIdsIn } from './mailbox.ts';
import { compareCrossings, crossingsOf, type Difference } from './proof.ts';
import type { Sent } from './sender.ts';
import type { Stage } from './stage.ts';

export interface Proof {
  readonly events: {
    readonly inFile: number;
    readonly acknowledged: number;
    /** In the event log. */
    readonly applied: number;
  };
  readonly crossings: {
    /** What brute force found. */
    readonly recomputed: number;
    readonly differences: readonly Difference[];
  };
  readonly mailbox: MailboxCheck;
  /** The engine's runs against a backtest of the same events. */
  readonly backtest: Agreement;
  /** What should have come to rest and did not. */
  readonly unfinished: string | null;
  readonly held: boolean;
}

export interface DemoSummary {
  readonly from: Instant;
  /** Up to when the engine's record was compared. */
  readonly to: Instant;
  readonly seconds: number;
  readonly people: number;
  /** How long the clock stood still, because the machine was too slow. */
  readonly secondsLost: number;
  /** Of every published journey, those that nobody entered too. */
  readonly journeys: readonly JourneyOutcomes[];
  readonly messages: readonly ChannelMessages[];
  readonly refusals: readonly Refusals[];
  readonly conversions: readonly Conversion[];
  readonly proof: Proof;
}

export interface Ran {
  readonly calls: readonly ShopCall[];
  readonly sent: Sent;
  readonly from: Instant;
  readonly to: Instant;
  readonly seconds: number;
  readonly secondsLost: number;
  readonly unfinished: string | null;
}

export async function summarise({ db, workspace, mailboxUrl }: Stage, ran: Ran): Promise<DemoSummary> {
  const { calls, from, to, seconds, secondsLost } = ran;
  return {
    from,
    to,
    seconds,
    secondsLost,
    people: new Set(calls.map(({ userId }) => userId)).size,
    journeys: withThoseNobodyEntered(await journeyOutcomes(db), Object.keys(workspace.journeys)),
    messages: await messagesByChannel(db),
    refusals: await refusals(db),
    conversions: await conversionByHoldout(db),
    proof: await prove({ db, workspace, mailboxUrl }, ran),
  };
}

async function prove(
  { db, workspace, mailboxUrl }: Pick<Stage, 'db' | 'workspace' | 'mailboxUrl'>,
  { calls, sent, from, to, unfinished }: Ran,
): Promise<Proof> {
  const conditions = Object.values(workspace.audiences).map(({ key, condition }) => [key, condition] as const);
  const recomputed = crossingsOf(calls, Object.fromEntries(conditions), to);
  const differences = compareCrossings(recomputed, await audienceCrossings(db, to));
  const mailbox = checkMailbox(await sentMessageIds(db, 'email'), await messageIdsIn(mailboxUrl));
  const events = {
    inFile: calls.filter(({ type }) => type === 'track').length,
    acknowledged: sent.acknowledged,
    applied: await countTrackedEvents(db),
  };
  const backtest = compareRuns(await backtestedRuns(workspace, calls, from, to), await recordedRuns(db, to));
  const held =
    unfinished === null &&
    backtest.held &&
    differences.length === 0 &&
    mailbox.differences === 0 &&
    mailbox.doubled === 0 &&
    events.acknowledged === events.inFile &&
    events.applied === events.inFile;
  return { events, crossings: { recomputed: recomputed.length, differences }, mailbox, backtest, unfinished, held };
}

function withThoseNobodyEntered(journeys: readonly JourneyOutcomes[], published: readonly string[]): JourneyOutcomes[] {
  const outcomes = { active: 0, converted: 0, exited: 0, 'timed-out': 0, completed: 0, merged: 0 };
  const missing = published.filter((key) => !journeys.some(({ journey }) => journey === key));
  return [...journeys, ...missing.map((journey) => ({ journey, entries: 0, heldOut: 0, outcomes }))];
}
