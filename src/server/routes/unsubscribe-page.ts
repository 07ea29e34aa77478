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
`;

/** Asks which mail is meant. The form posts to the page's own address. */
export function askPage(category: string): string {
  const kind = escapeHtml(spoken(category));
  return document(
    'Unsubscribe',
    `<h1>Unsubscribe?</h1>
<p>This message was one of our <strong>${kind}</strong> messages. Which ones should stop?</p>
<form method="post">
<button class="main" name="scope" value="category">Stop ${kind} messages</button>
<button name="scope" value="all">Stop all of them</button>
</form>
<small>Receipts and other messages that you need still reach you.</small>`,
  );
}

/** @param category null for everything */
export function donePage(category: string | null): string {
  const what =
    category === null
      ? 'You will get no more of these messages from us.'
      : `You will get no more <strong>${escapeHtml(spoken(category))}</strong> messages.`;
  const more =
    category === null
      ? ''
      : '<form method="post"><button name="scope" value="all">Stop all other messages too</button></form>';
  return document('Unsubscribed', `<h1>You are unsubscribed</h1><p>${what}</p>${more}`);
}

export function brokenLinkPage(): string {
  return document(
    'Unsubscribe',
    `<h1>This link does not work</h1>
<p>Part of the address is missing or was changed on the way. Open the link from the message itself, or use the unsubscribe
button of your mail program.</p>`,
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
function spoken(category: string): string {
  return category.replaceAll(/[-_]+/g, ' ');
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
