import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { type Progress, renderLine, renderPanel } from '../../src/demo/progress.ts';
import type { DemoSummary } from '../../src/demo/summary.ts';
import { renderSummary } from '../../src/demo/summary-text.ts';
import { differenceOfShares } from '../../src/measurement/difference.ts';

const FROM = Date.parse('2024-01-04T00:00:00Z');
const outcomes = { active: 1_234, converted: 1_118, exited: 3, 'timed-out': 1_021, completed: 2, merged: 0 };
const journeys = ['cart-recovery', 'gone-quiet', 'payment-trouble', 'wish-list-nudge'].map((journey) => ({
  ...{ journey, entries: 3_378, heldOut: 197, outcomes },
}));
const messages = journeys.flatMap(({ journey }) =>
  (['email', 'in-app', 'sales-task'] as const).map((channel) => ({
    ...{ channel, journey, sent: 1_568, onTheWay: 12, refused: 350, failed: 1 },
  })),
);
const progress: Progress = {
  shopTime: FROM + 70 * DAY,
  from: FROM,
  to: FROM + 185 * DAY,
  sent: { events: 31_106, acknowledged: 31_106, identifies: 1_656 },
  secondsLost: 73.4,
  waitsFor: "9 events of the engine's own, 10 messages on the way",
  backlog: { calls: 20, events: 18, reports: 0, outbox: 0, onTheWay: 10 },
  journeys,
  messages,
  audiences: new Map(['gone-quiet', 'high-intent-free-users', 'open-support-ticket'].map((key) => [key, 1_289])),
};
const crossing = { userId: 'user_0001', audience: 'open-cart', entered: true, at: FROM + 5 };
const summary: DemoSummary = {
  from: FROM,
  to: FROM + 185 * DAY,
  seconds: 192.4,
  people: 600,
  secondsLost: 0,
  journeys: [...journeys, { journey: 'free-to-paid', entries: 0, heldOut: 0, outcomes: { ...outcomes, active: 0 } }],
  messages,
  refusals: [
    { journey: 'wish-list-nudge', what: 'entry', reason: 'entered before, and not again yet', count: 1_097 },
    { journey: 'payment-trouble', what: 'message', reason: 'channel', count: 1 },
  ],
  conversions: [
    conversion('cart-recovery', { of: 1_478, converted: 249 }, { of: 144, converted: 3 }),
    conversion('payment-trouble', { of: 114, converted: 12 }, { of: 0, converted: 0 }),
  ],
  proof: {
    events: { inFile: 31_106, acknowledged: 31_106, applied: 31_106 },
    crossings: { recomputed: 4_514, differences: [] },
    mailbox: { recorded: 1_568, arrived: 1_568, doubled: 0, differences: 0 },
    backtest: {
      ...{ entries: 4_936, onlyBacktest: [], onlyEngine: [], alike: 4_900, unexplained: [] },
      different: { ended: 30, cap: 6 },
      held: true,
    },
    unfinished: null,
    held: true,
  },
};

function conversion(journey: string, treated: { of: number; converted: number }, heldOut: typeof treated) {
  return { journey, treated, heldOut, lift: differenceOfShares(treated, heldOut), tooFew: heldOut.converted < 5 };
}

const linesOf = (text: string) => stripVTControlCharacters(text).split('\n');
const widest = (text: string) => Math.max(...linesOf(text).map((line) => line.length));

describe('the panel', () => {
  it.each([48, 60, 80, 120])('never breaks a line of a terminal with %d columns', (columns) => {
    expect(widest(renderPanel(progress, columns))).toBeLessThan(columns);
    const long = journeys.map((one) => ({ ...one, journey: `${one.journey}-for-people-who-came-by-an-article` }));
    expect(widest(renderPanel({ ...progress, journeys: long }, columns))).toBeLessThan(columns);
  });

  it('shows the date, how far it is, events, people in journeys, messages and memberships', () => {
    const text = stripVTControlCharacters(renderPanel(progress, 80));
    expect(text).toContain('2024-03-14 00:00');
    expect(text).toContain(' 37%');
    expect(text).toContain('31,106 sent, 31,106 acknowledged, 31,088 done');
    expect(text).toMatch(/cart-recovery +1,234 +197 +1,118/);
    expect(text).toContain('email 6,272   in-app 6,272   sales-task 6,272   refused 4,212');
    expect(text).toContain('gone-quiet 1,289');
    expect(text).toContain('the clock waited 1 min 13 s so far: this machine is busy');
    expect(text.replace(/\s+/g, ' ')).toContain(
      "over; waiting for 9 events of the engine's own, 10 messages on the way",
    );
  });

  it('says nothing of a machine that is fast enough', () => {
    expect(renderPanel({ ...progress, secondsLost: 4.9, waitsFor: null }, 80)).not.toMatch(/busy|waiting/);
  });

  it('is one line where there is no terminal', () => {
    expect(linesOf(renderLine(progress))).toHaveLength(1);
    expect(renderLine(progress)).toContain(
      '2024-03-14 00:00 | events 31,106 acknowledged, 31,088 done | runs 4,936 active',
    );
  });
});

describe('the summary', () => {
  it('fits 80 columns, but for two lines of the proof', () => {
    const lines = renderSummary(summary)
      .split('\n')
      .filter((line) => !/^(Audience entries|Runs like it)/.test(line));
    expect(widest(lines.join('\n'))).toBeLessThanOrEqual(80);
  });

  it('has journeys, messages, refusals, conversion and the proof', () => {
    const text = stripVTControlCharacters(renderSummary(summary));
    expect(text).toContain("A shop's half year, 2024-01-04 to 2024-07-07, in 3 min 12 s.");
    expect(text).toMatch(/free-to-paid +– +– /);
    expect(text).toMatch(/all +6,272 +6,272 +6,272 +4,212/);
    expect(text).toMatch(/payment-trouble +1 {2}message {2}the channel would not take it/);
    expect(text).toMatch(/cart-recovery +16\.8 % of 1,478 +2\.1 % of 144 +\+14\.8 +\(few\) \+10\.5 to \+17\.2/);
    expect(text).toMatch(/payment-trouble +10\.5 % of 114 +nobody +– +–/);
    expect(text).toContain('here that of cart-recovery.');
    expect(text).toContain(
      'Audience entries and exits recomputed by brute force from the CSV: 4,514; differences: 0\n',
    );
    expect(text).toContain(
      'Journey entries by a backtest of the same events: 4,936; differences: 0\n' +
        'Runs like it to the last step: 4,900; others, since a day takes a second here: 36\n' +
        '  30: the run had ended before a late step came\n' +
        '  6: a cap counted messages that came late\n',
    );
    expect(text).toContain('The proof holds.');
  });

  it('names entries that the engine or the backtest has alone', () => {
    const run = { person: 'user_0001', journey: 'welcome', visit: 0, enteredAt: crossing.at, heldOut: true, log: [] };
    const backtest = { ...summary.proof.backtest, onlyEngine: [run], unexplained: [run], held: false };
    const text = stripVTControlCharacters(
      renderSummary({ ...summary, proof: { ...summary.proof, backtest, held: false } }),
    );
    expect(text).toContain('user_0001 enters welcome at 2024-01-04T00:00:00.005Z, held out: only the engine says so');
  });

  it('names the first ten differences, and what never came to rest', () => {
    const differences = Array.from({ length: 12 }, () => ({ crossing, only: 'engine' as const }));
    const crossings = { recomputed: 4_514, differences };
    const proof = { ...summary.proof, crossings, unfinished: '3 messages on the way', held: false };
    const text = stripVTControlCharacters(renderSummary({ ...summary, proof }));
    const line = 'user_0001 enters open-cart at 2024-01-04T00:00:00.005Z: only engine says so';
    expect(text.split(line)).toHaveLength(11);
    expect(text).toContain('and 2 more');
    expect(text).toContain('Not at rest at the end: 3 messages on the way');
    expect(text).toContain('The proof does not hold.');
  });
});
