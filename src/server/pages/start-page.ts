/**
 * The page at `/`: how much is going on, whether it works, and where to look further.
 * @module
 */
import { audiencesSection, messagesSection } from './activity-sections.ts';
import { firstSteps } from './first-steps.ts';
import { dateAndTime, type Html, html, NOTHING, trusted } from './html.ts';
import { journeysSection } from './journeys-section.ts';
import { LOOK_AGAIN, STYLE } from './look.ts';
import type { Overview } from './overview.ts';
import { trackingPlanSection } from './tracking-plan-section.ts';

export interface PageLink {
  readonly label: string;
  readonly url: string;
}

export interface StartPage {
  readonly links: readonly PageLink[];
  readonly publicUrl: string;
  /** Null while the database is away. */
  readonly overview: Overview | null;
  /** What does not work, by part, with what it says. */
  readonly troubles: Readonly<Record<string, string>>;
}

/** The whole HTML document; every text in it is escaped. */
export function renderStartPage(page: StartPage): string {
  const { links, overview, troubles } = page;
  const broken = Object.entries(troubles);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${overview === null || broken.length > 0 ? 'Trouble · ' : ''}Throughline</title>
<link rel="icon" href="data:,">
<style>${trusted(STYLE)}</style>
</head>
<body>
<main>
<header>
<div><h1>Throughline</h1><p>Product events in, live audiences, journeys that wait, branch and send until the person converts.</p></div>
<nav aria-label="Pages">${[{ label: 'API', url: '/docs' }, ...links].map(({ label, url }) => html`<a href="${url}">${label}</a>`)}</nav>
</header>
<p id="stale" role="status" hidden>No answer for a while. These are the last numbers there were.</p>
<div id="live">
${broken.length === 0 && overview !== null ? NOTHING : troublesSection(broken, overview === null)}
${overview === null ? NOTHING : overviewOf(overview, page.publicUrl)}
</div>
</main>
<script>${trusted(LOOK_AGAIN)}</script>
</body>
</html>
`.markup;
}

function overviewOf(overview: Overview, publicUrl: string): Html {
  const { journeys, channels, waiting, at, timezone, workspace } = overview;
  if (workspace === null && journeys.length === 0) return firstSteps(overview, publicUrl);
  const runs = journeys.map(({ outcomes }) => outcomes?.outcomes);
  const sum = (numbers: readonly (number | undefined)[]) => numbers.reduce<number>((a, b = 0) => a + b, 0);
  return html`<dl class="tiles">
${tile('In a journey now', sum(runs.map((one) => one?.active)))}
${tile('Converted', sum(runs.map((one) => one?.converted)))}
${tile('Sent today', sum(channels.map(({ recently }) => recently)))}
${tile('Events waiting', waiting)}
</dl>
${firstSteps(overview, publicUrl)}
${journeysSection(overview)}
${trackingPlanSection(overview)}
<div class="two">${audiencesSection(overview.audiences)}${messagesSection(overview)}</div>
<p class="note">${workspace === null ? '' : `Workspace ${workspace}, `}${dateAndTime(at, timezone)} in ${timezone}</p>`;
}

function tile(label: string, number: number): Html {
  return html`<div><dt>${label}</dt><dd>${number}</dd></div>`;
}

function troublesSection(troubles: readonly (readonly [string, string])[], isAway: boolean): Html {
  const parts = troubles.map(([part, said]) => html`<li><b>${part}</b>: ${said}</li>`);
  const [title, meaning] = isAway
    ? [
        'The database cannot be reached',
        'Until it is back, calls are answered with 503, and Segment’s clients send them again.',
      ]
    : [
        'Not everything can be reached',
        'Events are taken and kept. What they set off happens as soon as this works again.',
      ];
  return html`<section class="trouble" aria-labelledby="trouble"><h2 id="trouble">${title}</h2><p>${meaning} This page looks again by itself.</p>${parts.length === 0 ? NOTHING : html`<ul>${parts}</ul>`}</section>`;
}
