/**
 * The page at `/`: what this is, where to look, and how much is going on.
 * @module
 */
import type { RunStatus } from '../../runs/read-runs.ts';
import type { AudienceSize } from '../api/audiences.ts';
import type { JourneyCounts } from '../api/journeys.ts';

export interface PageLink {
  readonly label: string;
  readonly url: string;
}

export interface StartPage {
  readonly links: readonly PageLink[];
  /** Null while the database is away. */
  readonly counts: { readonly journeys: readonly JourneyCounts[]; readonly audiences: readonly AudienceSize[] } | null;
}

const REFRESH_SECONDS = 5;
const COLUMNS: readonly RunStatus[] = ['active', 'converted', 'exited', 'timed-out', 'completed'];

const STYLE = `
:root { color-scheme: light dark; --ink: #1b2430; --soft: #5b6775; --line: #dfe4ea; --page: #f7f8fa; --card: #fff; --accent: #0b6e63 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf1; --soft: #9aa7b5; --line: #2c3540; --page: #12171d; --card: #1a2129; --accent: #5cc9bb }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
h1 { margin: 0; font-size: 2rem; letter-spacing: -.02em }
h2 { margin: 0 0 .75rem; font-size: 1.1rem }
p { margin: .5rem 0 0; max-width: 42rem; color: var(--soft) }
nav { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1.5rem 0 2rem }
nav a { padding: .45rem .9rem; border: 1px solid var(--line); border-radius: 999px; background: var(--card); color: var(--accent); text-decoration: none }
nav a:hover, nav a:focus-visible { border-color: var(--accent) }
section { margin-top: 1.25rem; padding: 1.25rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--card); overflow-x: auto }
table { width: 100%; border-collapse: collapse }
th, td { padding: .5rem .75rem .5rem 0; border-top: 1px solid var(--line); text-align: left; font-weight: 400; overflow-wrap: anywhere }
thead th { border-top: 0; color: var(--soft); font-size: .85rem; white-space: nowrap }
.n { text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: normal }
td.n { white-space: nowrap }
tbody th { min-width: 9rem }
small { display: block; color: var(--soft) }
`;

/** The whole HTML document; every text in it is escaped. */
export function renderStartPage({ links, counts }: StartPage): string {
  const body =
    counts === null
      ? '<section role="status"><h2>The database cannot be reached</h2><p>The page looks again by itself.</p></section>'
      : `${journeySection(counts.journeys)}${audienceSection(counts.audiences)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}">
<title>Throughline</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Throughline</h1>
<p>A journey engine: product events move people in and out of audiences, and every entry starts a durable run that
waits, branches and sends until the person converts or time runs out.</p>
<nav aria-label="Pages">${[{ label: 'API', url: '/docs' }, ...links].map(renderLink).join('')}</nav>
${body}
</main>
</body>
</html>
`;
}

function journeySection(journeys: readonly JourneyCounts[]): string {
  if (journeys.length === 0) return '<section><h2>Journeys</h2><p>None is published yet.</p></section>';
  const head = COLUMNS.map((status) => `<th scope="col" class="n">${escapeHtml(status)}</th>`).join('');
  const rows = journeys.map(({ key, runs }) => {
    const cells = COLUMNS.map((status) => `<td class="n">${count(runs[status] ?? 0)}</td>`).join('');
    return `<tr><th scope="row">${escapeHtml(key)}</th>${cells}</tr>`;
  });
  return `<section><h2>Journeys</h2><table><thead><tr><th scope="col">Runs</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function audienceSection(audiences: readonly AudienceSize[]): string {
  if (audiences.length === 0) return '<section><h2>Audiences</h2><p>None is published yet.</p></section>';
  const rows = audiences.map(({ key, description, size }) => {
    const about = description === null ? '' : `<small>${escapeHtml(description)}</small>`;
    return `<tr><th scope="row">${escapeHtml(key)}${about}</th><td class="n">${count(size)}</td></tr>`;
  });
  return `<section><h2>Audiences</h2><table><thead><tr><th scope="col">Audience</th><th scope="col" class="n">members</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function renderLink({ label, url }: PageLink): string {
  return `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
