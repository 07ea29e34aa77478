/**
 * What to do next, on a start page that has nothing to show yet.
 * @module
 */
import { type Html, html, NOTHING } from './html.ts';
import type { Overview } from './overview.ts';

export function firstSteps({ workspace, hasEvents, firstEvent }: Overview, publicUrl: string): Html {
  if (workspace === null) {
    return html`<section class="first" aria-labelledby="first"><h2 id="first">Publish your journeys</h2>
<p>Nothing is in force yet. Check a folder of journeys, and put it in force:</p>
<pre tabindex="0"><code>throughline validate journeys
throughline publish journeys</code></pre></section>`;
  }
  if (hasEvents) return NOTHING;
  return html`<section class="first" aria-labelledby="first"><h2 id="first">Send the first event</h2>
<p>Everything is ready and nobody is here yet. From a shell:</p>
<pre tabindex="0"><code id="curl">${curlLine(publicUrl, firstEvent)}</code></pre>
<p>From a server, with Segment’s own client for Node and nothing changed but its host:</p>
<pre tabindex="0"><code>${nodeSnippet(publicUrl, firstEvent)}</code></pre>
<p>In a few seconds this page shows what came of it. <a href="/docs">All calls there are</a></p></section>`;
}

/** With the key of a server on which none is set; WRITE_KEY says another. */
const WRITE_KEY_IN_SHELL = `"\${WRITE_KEY:-dev-write-key}:"`;

function curlLine(publicUrl: string, event: string): string {
  const body = JSON.stringify({ userId: 'ada', event }).replaceAll("'", "'\\''");
  return `curl -u ${WRITE_KEY_IN_SHELL} ${publicUrl}/v1/track -H 'content-type: application/json' -d '${body}'`;
}

function nodeSnippet(publicUrl: string, event: string): string {
  return `import { Analytics } from '@segment/analytics-node';

const writeKey = process.env.WRITE_KEY ?? 'dev-write-key';
const analytics = new Analytics({ writeKey, host: ${JSON.stringify(publicUrl)} });
analytics.track({ userId: 'ada', event: ${JSON.stringify(event)} });
await analytics.closeAndFlush();`;
}
