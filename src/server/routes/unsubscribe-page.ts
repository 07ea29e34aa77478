/**
 * The pages behind an unsubscribe link, made for a phone first.
 * @module
 */

const STYLE = `
:root { color-scheme: light dark; --ink: #1b2430; --soft: #5b6775; --line: #dfe4ea; --page: #f7f8fa; --card: #fff; --accent: #0b6e63; --on: #fff; --edge: #7d8896 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf1; --soft: #9aa7b5; --line: #2c3540; --page: #12171d; --card: #1a2129; --accent: #5cc9bb; --on: #10201e; --edge: #6f7c8a }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.25rem; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 26rem; padding: 2rem 1.5rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--card) }
h1 { margin: 0 0 .5rem; font-size: 1.4rem; line-height: 1.25; letter-spacing: -.01em }
p { margin: 0; color: var(--soft) }
strong { color: var(--ink); overflow-wrap: anywhere }
form { display: grid; gap: .75rem; margin-top: 1.75rem }
button { width: 100%; padding: .85rem 1rem; border: 1px solid var(--edge); border-radius: .65rem; background: none; color: var(--ink); font: inherit; overflow-wrap: anywhere; cursor: pointer }
button.main { border-color: var(--accent); background: var(--accent); color: var(--on); font-weight: 600 }
button:hover { border-color: var(--accent) }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
small { display: block; margin-top: 1.25rem; color: var(--soft) }
h2 { margin: 2rem 0 0; padding-top: 1.5rem; border-top: 1px solid var(--line); font-size: 1.05rem }
h2 + form { margin-top: 1rem }
fieldset { display: grid; gap: .25rem; margin: 0; padding: 0; border: 0 }
label { display: grid; grid-template-columns: auto 1fr; gap: 0 .75rem; align-items: center; padding: .6rem 0; overflow-wrap: anywhere; cursor: pointer }
label span { grid-column: 2; color: var(--soft); font-size: .9rem; line-height: 1.4 }
input[type=checkbox] { width: 1.35rem; height: 1.35rem; margin: 0; accent-color: var(--accent) }
input:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
a { color: var(--accent) }
ul { margin: .75rem 0 0; padding-left: 1.25rem; overflow-wrap: anywhere }
.more { margin-top: 1.75rem }
`;

/** A kind of message, as the page lists it. */
export interface ListedCategory {
  readonly category: string;
  readonly title: string;
  readonly description?: string;
  readonly wanted: boolean;
}

export const PAUSE_DAYS = 30;

/**
 * Asks which mail is meant, and lists every kind where there are several. Its forms post to the page's own address.
 * @param pausedUntil where everything is put off until then
 */
export function askPage(category: string, listed: readonly ListedCategory[], pausedUntil: Date | null = null): string {
  const own = listed.find((one) => one.category === category)?.title ?? spoken(category);
  const kind = escapeHtml(own);
  return document(
    'Unsubscribe',
    `<h1>Unsubscribe?</h1>
<p>This message was one of our <strong>${kind}</strong> messages. Which ones should stop?</p>
<form method="post">
<button class="main" name="scope" value="category">Stop ${kind} messages</button>
<button name="scope" value="all">Stop all of them</button>
</form>
${listed.length > 1 ? choiceOf(listed) : ''}
${pauseOf(pausedUntil)}
<small>Receipts and other messages that you need still reach you.</small>`,
  );
}

function choiceOf(listed: readonly ListedCategory[]): string {
  const rows = listed.map(
    ({ category, title, description, wanted }) => `<label>
<input type="checkbox" name="wanted" value="${escapeHtml(category)}"${wanted ? ' checked' : ''}>
<strong>${escapeHtml(title)}</strong>${description === undefined ? '' : `<span>${escapeHtml(description)}</span>`}
</label>
<input type="hidden" name="listed" value="${escapeHtml(category)}">`,
  );
  return `<h2>Or choose what you get</h2>
<form method="post">
<fieldset>
${rows.join('\n')}
</fieldset>
<button name="scope" value="choice">Keep this choice</button>
</form>`;
}

function pauseOf(until: Date | null): string {
  if (until !== null) return `<p class="more">Everything is paused until ${dayOf(until)}.</p>`;
  return `<h2>Or take a break</h2>
<form method="post"><button name="scope" value="pause">Pause everything for ${PAUSE_DAYS} days</button></form>`;
}

/** @param title of what was stopped; null for everything */
export function donePage(title: string | null): string {
  const what =
    title === null
      ? 'You will get no more of these messages from us.'
      : `You will get no more <strong>${escapeHtml(title)}</strong> messages.`;
  const more =
    title === null
      ? ''
      : '<form method="post"><button name="scope" value="all">Stop all other messages too</button></form>';
  return document('Unsubscribed', `<h1>You are unsubscribed</h1><p>${what}</p>${more}${CHANGE}`);
}

export function pausedPage(until: Date): string {
  const html = `<h1>We are quiet until ${dayOf(until)}</h1><p>Then it goes on by itself.</p>${CHANGE}`;
  return document('Paused', html);
}

/** @param wanted titles of what the person still gets */
export function chosenPage(wanted: readonly string[]): string {
  const kept = wanted.map((title) => `<li>${escapeHtml(title)}</li>`).join('');
  const what = wanted.length === 0 ? '<p>You will get none of these messages.</p>' : `<p>You get:</p><ul>${kept}</ul>`;
  return document('Your choice', `<h1>Your choice is kept</h1>${what}${CHANGE}`);
}

const CHANGE = '<p class="more"><a href="">Change what you get</a></p>';

export function brokenLinkPage(): string {
  return document(
    'Unsubscribe',
    `<h1>This link does not work</h1>
<p>Part of the address is missing or was changed on the way. Open the link from the message itself, or use the unsubscribe
button of your mail program.</p>`,
  );
}

/** Something is away that is needed to answer. */
export function troublePage(): string {
  return document(
    'Try again',
    `<h1>That did not work just now</h1>
<p>Nothing was changed. Please try again in a minute; the link stays good.</p>
${CHANGE.replace('Change what you get', 'Try again')}`,
  );
}

function document(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body><main>
${body}
</main></body>
</html>
`;
}

/** `cart-reminders` as people read it. */
export function spoken(category: string): string {
  return category.replaceAll(/[-_]+/g, ' ');
}

function dayOf(at: Date): string {
  return at.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
