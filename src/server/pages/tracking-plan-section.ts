/**
 * Violations of the tracking plan on the start page; nothing where there are none.
 * @module
 */
import type { PlannedEvent } from '../routes/tracking-plan.ts';
import { ago, type Html, html, NOTHING } from './html.ts';
import type { Overview } from './overview.ts';

const MOST = 8;

export function trackingPlanSection({ planned, at, timezone }: Overview): Html {
  const wrong = planned.filter(({ violations }) => violations.length > 0).sort((a, b) => totalOf(b) - totalOf(a));
  if (wrong.length === 0) return NOTHING;
  const rows = wrong.slice(0, MOST).map(({ event, passed, inHand, lastSeen, violations: [worst] }) => {
    const sample =
      worst === undefined
        ? NOTHING
        : html`<small>${worst.field}: ${worst.sample.expected} expected, got ${worst.sample.got}</small>`;
    const last = lastSeen === null ? '–' : ago(lastSeen.getTime(), at, timezone);
    return html`<tr><th scope="row">${event}${sample}</th><td class="${passed === 0 ? 'n zero' : 'n'}">${passed}</td><td class="${inHand === 0 ? 'n zero' : 'n'}">${inHand}</td><td class="n soft">${last}</td></tr>`;
  });
  const more =
    wrong.length > MOST
      ? html`<p>And ${wrong.length - MOST} more, under <code>/api/tracking-plan</code>.</p>`
      : NOTHING;
  return html`<section aria-labelledby="tracking-plan"><h2 id="tracking-plan">Tracking plan</h2><p>Events that are not as the plan wants them. Those kept aside wait for <code>throughline held</code>.</p><table><thead><tr><th scope="col">Event</th><th scope="col" class="n">Passed on</th><th scope="col" class="n">Kept aside</th><th scope="col" class="n">Last seen</th></tr></thead><tbody>${rows}</tbody></table>${more}</section>`;
}

function totalOf({ passed, held }: PlannedEvent): number {
  return passed + held;
}
