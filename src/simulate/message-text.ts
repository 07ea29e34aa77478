/**
 * What somebody gets, as plain text.
 * @module
 */
import type { Json, JsonObject } from '../core/condition.ts';
import type { SimulatedMessage } from './simulation.ts';

/** Line by line; nothing of a message that is refused. */
export function messageText({ channel, content }: Pick<SimulatedMessage, 'channel' | 'content'>): string[] {
  if (content === null) return [];
  switch (channel) {
    case 'email':
      return [`To: ${said(content.to)}`, `Subject: ${said(content.subject)}`, '', ...linesIn(content.text)];
    case 'in-app':
      return [said(content.title), ...linesIn(content.body), ...buttonIn(content)];
    case 'sales-task':
      return [`${said(content.title)} (for ${said(content.owner)})`, ...linesIn(content.brief)];
    case 'webhook':
      return [`POST ${said(content.url)}`, ...linesIn(JSON.stringify(content.body ?? null, null, 2))];
  }
}

function buttonIn({ button }: JsonObject): string[] {
  if (typeof button !== 'object' || button === null || Array.isArray(button)) return [];
  const { label, url } = button as JsonObject;
  return [`[ ${said(label)} ] → ${said(url)}`];
}

/** Empty lines around it, and one after the other, are left out. */
function linesIn(text: Json | undefined): string[] {
  return said(text)
    .trim()
    .replaceAll(/\n\s*\n(\s*\n)+/g, '\n\n')
    .split('\n');
}

function said(text: Json | undefined): string {
  return text === undefined || text === null ? '' : String(text);
}
