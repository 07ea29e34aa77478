/**
 * How pages write text, numbers and times.
 * @module
 */
import type { Instant } from '../../core/time.ts';
import { DAY, HOUR, MINUTE } from '../../core/time.ts';

/** HTML that may stand in a page as it is. Made by {@link html} and {@link trusted} only. */
export interface Html {
  readonly markup: string;
}

type Part = string | number | Html | readonly Html[];

/** A template literal in which every text is escaped; what is HTML already stays, lists are joined. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { markup: strings.map((text, index) => text + markupOf(parts[index] ?? '')).join('') };
}

/** For what we wrote ourselves: styles and scripts. */
export function trusted(markup: string): Html {
  return { markup };
}

export const NOTHING: Html = { markup: '' };

function markupOf(part: Part): string {
  if (typeof part === 'number') return count(part);
  if (typeof part === 'string') return escapeHtml(part);
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('');
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** `1,234` */
export function count(number: number): string {
  return number.toLocaleString('en');
}

/** `12.3%` of a share in [0, 1]. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

/** `+2.6` or `−0.4`: a difference of two shares, in percentage points. */
export function points(difference: number): string {
  const size = Math.abs(difference * 100).toFixed(1);
  return size === '0.0' ? '±0.0' : `${difference < 0 ? '−' : '+'}${size}`;
}

/** `14 Mar 2026, 12:04` where the workspace is at home. */
export function dateAndTime(instant: Instant, timezone: string): string {
  return new Date(instant).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: timezone });
}

/** `4 min ago`; a date where it was more than a day. */
export function ago(instant: Instant, now: Instant, timezone: string): Html {
  return html`<time datetime="${new Date(instant).toISOString()}">${spokenAgo(instant, now, timezone)}</time>`;
}

function spokenAgo(instant: Instant, now: Instant, timezone: string): string {
  const passed = now - instant;
  if (passed < MINUTE) return 'just now';
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`;
  if (passed < DAY) return `${Math.floor(passed / HOUR)} h ago`;
  return dateAndTime(instant, timezone);
}
