/**
 * Journeys on the start page: how they stand, who is in them, how they ended, and whether they did anything.
 * @module
 */
import type { Instant } from '../../core/time.ts';
import type { Conversion } from '../../measurement/conversion.ts';
import type { JourneyOutcomes, RunCounts } from '../../measurement/journey-outcomes.ts';
import { ago, type Html, html, NOTHING, percent, points } from './html.ts';
import type { JourneyOverview, Overview } from './overview.ts';

interface Column {
  readonly status: keyof RunCounts;
  readonly label: string;
}

const COLUMNS: readonly Column[] = [
  { status: 'active', label: 'In it now' },
  { status: 'converted', label: 'Converted' },
  { status: 'timed-out', label: 'Timed out' },
  { status: 'exited', label: 'Exited' },
  { status: 'completed', label: 'Steps done' },
];

export function journeysSection({ journeys: all, at, timezone }: Pick<Overview, 'journeys' | 'at' | 'timezone'>): Html {
  const journeys = all.filter(({ putAway }) => !putAway);
  if (journeys.length === 0) {
    return html`<section aria-labelledby="journeys"><h2 id="journeys">Journeys</h2><p>None is published yet.</p></section>`;
  }
  const heads = COLUMNS.map(
    ({ status, label }) =>
      html`<th scope="col" role="columnheader" class="n"><i class="dot ${status}"></i>${label}</th>`,
  );
  return html`<section aria-labelledby="journeys">
<h2 id="journeys">Journeys</h2>
<table role="table" class="cards">
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Journey</th>${heads}<th scope="col" role="columnheader" class="n">Held out</th><th scope="col" role="columnheader" class="n">Conversion</th></tr></thead>
<tbody role="rowgroup">${journeys.map((journey) => journeyRow(journey, at, timezone))}</tbody>
</table>
<p class="note">Exited: the journey’s exit came true first. Steps done: nothing was left to do. Held out: went through and got no
message, to compare with; they are in the other columns, too. Conversion: people who got the journey against people
held out, and the difference, with the range that holds the true one in 95 of 100 cases.</p>
</section>`;
}

function journeyRow(journey: JourneyOverview, now: Instant, timezone: string): Html {
  const { key, status, rule, outcomes, conversion } = journey;
  const cells = COLUMNS.map(({ status, label }) => numberCell(label, outcomes?.outcomes[status] ?? 0));
  return html`<tr role="row"><th scope="row" role="rowheader">${key} <span class="status ${status}">${status}</span>${rule === undefined ? NOTHING : ruleOf(rule)}${stateOf(journey, now, timezone)}${outcomes === undefined ? NOTHING : outcomeBar(outcomes)}</th>${cells}${numberCell('Held out', outcomes?.heldOut ?? 0)}<td role="cell" class="n lift" data-label="Conversion">${conversion === undefined ? '–' : conversionOf(conversion)}</td></tr>`;
}

/** What a status means for the people in it, and who is to be asked about it. */
function stateOf({ status, control }: JourneyOverview, now: Instant, timezone: string): Html {
  if (status === 'archived') return html`<small>Nobody enters any more; people in it go on</small>`;
  if (status === 'draft') return html`<small>Nobody enters yet</small>`;
  if (control === undefined) return NOTHING;
  const since = ago(control.since.getTime(), now, timezone);
  return html`<small>${status === 'paused' ? 'Paused' : 'Stopped'} ${since} by ${control.by}: ${control.reason}</small>`;
}

function ruleOf({ entry, goal }: NonNullable<JourneyOverview['rule']>): Html {
  return html`<small>${entry} → ${goal ?? 'no goal'}</small>`;
}

function numberCell(label: string, number: number): Html {
  return html`<td role="cell" class="${number === 0 ? 'n zero' : 'n'}" data-label="${label}">${number}</td>`;
}

/** The row's numbers as lengths; they stand beside it, so it is for the eye only. */
function outcomeBar({ entries, outcomes }: JourneyOutcomes): Html {
  const parts = COLUMNS.filter(({ status }) => outcomes[status] > 0).map(({ status }) => {
    const share = ((outcomes[status] / entries) * 100).toFixed(2);
    return html`<i class="${status}" style="width:${share}%"></i>`;
  });
  return html`<span class="bar" aria-hidden="true">${parts}</span>`;
}

function conversionOf({ treated, heldOut, lift, tooFew }: Conversion): Html {
  if (treated.of === 0) return html`–`;
  const rate = percent(treated.converted / treated.of);
  if (lift === null) return html`${rate}<small>nobody is held out</small>`;
  const against = percent(heldOut.converted / heldOut.of);
  const verdictOn = lift.low > 0 ? 'better' : lift.high < 0 ? 'worse' : 'open';
  const verdict = tooFew
    ? html`too few people to tell`
    : html`<b class="${verdictOn}">${points(lift.difference)}</b> points (${points(lift.low)} to ${points(lift.high)})`;
  return html`${rate} <span class="soft">against</span> ${against}<small>${verdict}</small>`;
}
