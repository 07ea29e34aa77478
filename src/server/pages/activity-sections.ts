/**
 * Audiences and messages on the start page.
 * @module
 */
import type { Channel } from '../../core/journey.ts';
import type { Refusals } from '../../measurement/messages.ts';
import { ago, type Html, html, NOTHING } from './html.ts';
import type { Overview } from './overview.ts';

export function audiencesSection(audiences: Overview['audiences']): Html {
  if (audiences.length === 0) {
    return html`<section aria-labelledby="audiences"><h2 id="audiences">Audiences</h2><p>None is published yet.</p></section>`;
  }
  const rows = audiences.map(({ key, description, size }) => {
    const about = description === '' ? NOTHING : html`<small>${description}</small>`;
    return html`<tr><th scope="row">${key}${about}</th><td class="${size === 0 ? 'n zero' : 'n'}">${size}</td></tr>`;
  });
  return html`<section aria-labelledby="audiences"><h2 id="audiences">Audiences</h2><table><thead><tr><th scope="col">Audience</th><th scope="col" class="n">People</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

const NAMES: Readonly<Record<Channel, string>> = {
  email: 'Email',
  'in-app': 'In-app',
  'sales-task': 'Sales tasks',
  webhook: 'Webhooks',
};

export function messagesSection({ channels, refusals, at, timezone }: Overview): Html {
  if (channels.length === 0) {
    return html`<section aria-labelledby="messages"><h2 id="messages">Messages</h2><p>No journey sends any yet.</p></section>`;
  }
  const rows = channels.map(
    ({ channel, recently, sent, lastSentAt }) =>
      html`<tr><th scope="row">${NAMES[channel]}</th><td class="${recently === 0 ? 'n zero' : 'n'}">${recently}</td><td class="${sent === 0 ? 'n zero' : 'n'}">${sent}</td><td class="n soft">${lastSentAt === null ? '–' : ago(lastSentAt.getTime(), at, timezone)}</td></tr>`,
  );
  return html`<section aria-labelledby="messages"><h2 id="messages">Messages</h2><table><thead><tr><th scope="col">Sent by</th><th scope="col" class="n">Today</th><th scope="col" class="n">In all</th><th scope="col" class="n">Last</th></tr></thead><tbody>${rows}</tbody></table>${refusedPart(refusals)}</section>`;
}

/** Reasons as people say them; others stand as they are. */
const REASONS: Readonly<Record<string, string>> = {
  'held-out': 'Held out, to compare with',
  cap: 'A cap was reached',
  suppressed: 'Unsubscribed',
  'sent-before': 'Sent before, under another name',
  channel: 'The channel would not take it',
  ended: 'The journey had ended for them',
};

function refusedPart(refusals: readonly Refusals[]): Html {
  const counts = new Map<string, number>();
  for (const { what, reason, count } of refusals) {
    const said = what === 'message' ? (REASONS[reason] ?? reason) : `Did not enter: ${reason}`;
    counts.set(said, (counts.get(said) ?? 0) + count);
  }
  if (counts.size === 0) return NOTHING;
  const rows = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => html`<tr><th scope="row">${reason}</th><td class="n">${count}</td></tr>`);
  return html`<h3 id="not-sent">Not sent, and why</h3><table aria-labelledby="not-sent"><tbody>${rows}</tbody></table>`;
}
