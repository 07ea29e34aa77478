/**
 * How the start page looks, and how it stays fresh.
 * @module
 */
import { createHash } from 'node:crypto';
import { SECOND } from '../../core/time.ts';

export const STYLE = `
:root { color-scheme: light dark; --ink: #1b2430; --soft: #596573; --line: #dfe4ea; --page: #f7f8fa; --card: #fff; --accent: #0b6e63; --code: #f1f3f6;
  --active: #3d7bd9; --converted: #12876f; --timed-out: #b3852b; --exited: #a0607f; --completed: #98a3af; --bad: #a8231c }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf1; --soft: #9aa7b5; --line: #2c3540; --page: #12171d; --card: #1a2129; --accent: #5cc9bb; --code: #12171d;
    --active: #6ea3f0; --converted: #3fbf9f; --timed-out: #d1a24a; --exited: #c48aa7; --completed: #66727f; --bad: #ff9a8f }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 74rem; margin: 0 auto; padding: 2rem 1.25rem 3rem }
header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: end; gap: 1rem 2rem }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; letter-spacing: -.02em }
h2 { margin: 0 0 .5rem; font-size: 1.1rem }
h3 { margin: 1.5rem 0 .25rem; color: var(--soft); font-size: .85rem; font-weight: 400 }
p { margin: .35rem 0 0; max-width: 46rem; color: var(--soft); text-wrap: pretty }
a { color: var(--accent) }
nav { display: flex; flex-wrap: wrap; gap: .5rem }
nav a { padding: .4rem .9rem; border: 1px solid var(--line); border-radius: 999px; background: var(--card); text-decoration: none }
nav a:hover { border-color: var(--accent) }
a:focus-visible, pre:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
section { margin-top: 1.25rem; padding: 1.25rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--card) }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; margin: 1.5rem 0 0 }
.tiles div { padding: .9rem 1.25rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--card) }
dt { color: var(--soft); font-size: .85rem }
dd { margin: 0; font-size: 1.75rem; line-height: 1.25; font-variant-numeric: tabular-nums }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 1.25rem; align-items: start }
.two > * { min-width: 0 }
table { width: 100%; border-collapse: collapse }
th, td { padding: .6rem 1rem .6rem 0; border-top: 1px solid var(--line); text-align: left; font-weight: 400; vertical-align: top; overflow-wrap: anywhere }
:is(th, td):last-child { padding-right: 0 }
thead th { border-top: 0; padding-bottom: .35rem; color: var(--soft); font-size: .85rem; white-space: nowrap; overflow-wrap: normal }
tbody th { min-width: 11rem }
h3 + table th { border-top-color: var(--line); color: var(--soft) }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.zero, .soft { color: var(--soft) }
small { display: block; color: var(--soft); font-size: .85rem; line-height: 1.4 }
.note { margin-top: .9rem; max-width: none; font-size: .85rem }
.status { display: inline-block; padding: 0 .6em; border: 1px solid var(--line); border-radius: 999px; color: var(--soft); font-size: .8rem; white-space: nowrap }
:is(.paused, .stopped) { border-color: var(--ink); color: var(--ink) }
.paused { background: var(--ink); color: var(--card) }
.better { color: var(--converted) }
.worse { color: var(--bad) }
.bar { display: flex; gap: 2px; height: 6px; margin-top: .5rem; max-width: 22rem; border-radius: 3px; overflow: hidden }
.bar i { min-width: 2px }
.dot { display: inline-block; width: .6em; height: .6em; margin-right: .4em; border-radius: 50% }
${['active', 'converted', 'timed-out', 'exited', 'completed'].map((status) => `i.${status} { background: var(--${status}) }`).join('\n')}
pre { margin: .5rem 0 1rem; padding: .8rem 1rem; border-radius: .5rem; background: var(--code); white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem }
.first { border-color: var(--accent) }
.trouble { border-color: var(--bad) }
.trouble h2 { color: var(--bad) }
.trouble ul { margin: .5rem 0 0; padding-left: 1.2rem; overflow-wrap: anywhere }
#stale { margin-top: 1rem; color: var(--bad) }
@media (max-width: 60rem) {
  main { padding-top: 1.5rem }
  section { padding: 1rem }
  .tiles { grid-template-columns: 1fr 1fr; gap: .75rem }
  .tiles div { padding: .7rem 1rem }
  .two { grid-template-columns: 1fr; gap: 0 }
  tbody th { min-width: 0 }
  .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  .cards, .cards tbody { display: block }
  .cards tr { display: grid; grid-template-columns: repeat(3, 1fr); gap: .6rem .75rem; padding: .9rem 0; border-top: 1px solid var(--line) }
  .cards :is(th, td) { padding: 0; border: 0 }
  .cards :is(th, .lift) { grid-column: 1 / -1 }
  .cards .bar { max-width: none }
  .cards td { text-align: left; white-space: normal }
  .cards td::before { content: attr(data-label); display: block; color: var(--soft); font-size: .85rem }
}
`;

/** In the machine's time. */
const REFRESH = 5 * SECOND;

/** Numbers change in place. Nothing changes while somebody marks text, or looks elsewhere. */
export const LOOK_AGAIN = `
const stale = document.getElementById('stale');
async function look() {
  if (!document.hidden && getSelection().isCollapsed) {
    try {
      const answer = await fetch(location.pathname, { cache: 'no-store', signal: AbortSignal.timeout(${2 * REFRESH}) });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const [shown, fresh] = [document, page].map((one) => one.getElementById('live'));
      if (shown.innerHTML !== fresh.innerHTML) shown.replaceWith(fresh);
      document.title = page.title;
      stale.hidden = true;
    } catch {
      stale.hidden = false;
    }
  }
  setTimeout(look, ${REFRESH});
}
setTimeout(look, ${REFRESH});
`;

/** Allows this script by its hash, and nothing else. */
export const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${createHash('sha256').update(LOOK_AGAIN).digest('base64')}'`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
