/**
 * What publishing would change, as people read it at a terminal.
 * @module
 */
import type { FieldChange, JourneyDiff } from '../definitions/journey-diff.ts';
import { columns, thousands } from '../demo/columns.ts';
import type { AudienceImpact } from '../publishing/audience-impact.ts';
import type { Impact, JourneyImpact } from '../publishing/impact.ts';
import { metText, peopleText, warningsOf } from './migration-text.ts';

export function impactText({ isInForce, settings, journeys, audiences }: Impact): string {
  const isQuiet = journeys.every(({ is }) => is === 'unchanged') && audiences.length === 0 && settings.length === 0;
  const parts = [
    isInForce ? ['It is in force already.'] : isQuiet ? ['No journey, audience or setting changes.'] : [],
    settings.length === 0 ? [] : ['Settings', ...fieldLines(settings)],
    journeys.length === 0 ? [] : journeysPart(journeys),
    ...journeys.filter(({ is, ifMoved }) => is === 'changed' || ifMoved.length > 0).map(journeyPart),
    audiences.length === 0 ? [] : audiencesPart(audiences),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function journeysPart(journeys: readonly JourneyImpact[]): string[] {
  const rows = journeys.map((journey) => [journey.key, journey.is, thousands(journey.underWay), stayText(journey)]);
  return columns([['Journey', '', 'Under way', ''], ...rows], [0, 1, 3]);
}

function stayText({ is, underWay, ifMoved }: JourneyImpact): string {
  if (underWay === 0) return '';
  if (is === 'removed') return 'finish it';
  return ifMoved.length === 0 ? '' : 'stay on the version they are on';
}

function journeyPart({ key, is, before, after, diff, ifMoved }: JourneyImpact): string[] {
  const hashes = `${(before ?? 'not published').slice(0, 13)} → ${(after ?? 'not published').slice(0, 13)}`;
  const lines = [is === 'changed' ? `${key}: ${hashes}` : key, ...(diff === null ? [] : diffLines(diff))];
  if (ifMoved.length === 0) return lines;
  if (after === null)
    return [
      ...lines,
      `  Whoever is under way finishes. To stop them: \`others: out\` in a map for \`throughline migrate\`.`,
    ];
  return [
    ...lines,
    `  If those under way were moved, with \`throughline migrate ${key}\`:`,
    ...metText(ifMoved)
      .slice(1)
      .map((line) => (line === '' ? '' : `  ${line}`)),
    ...warningsOf(ifMoved).map((warning) => `  ${warning}`),
  ];
}

/** A line for each thing that is different: `+` is new, `-` is gone, `~` is another. */
export function diffLines({ fields, added, removed, changed }: JourneyDiff): string[] {
  return [
    ...fieldLines(fields),
    ...removed.map(({ id, kind }) => `  - ${id} (${kind})`),
    ...added.map(({ id, kind }) => `  + ${id} (${kind})`),
    ...changed.flatMap(({ id, fields: inside }) => [`  ~ ${id}`, ...fieldLines(inside).map((line) => `  ${line}`)]),
  ];
}

function fieldLines(fields: readonly FieldChange[]): string[] {
  return fields.map(({ field, before, after }) => {
    if (before === null && after === null) return `  ${field} is another`;
    return `  ${field}: ${before ?? 'none'} → ${after ?? 'none'}`;
  });
}

function audiencesPart(audiences: readonly AudienceImpact[]): string[] {
  const rows = audiences.map(({ key, is, before, after, entering, leaving }) => {
    return [key, is, ...[before, after, entering, leaving].map(thousands)];
  });
  return [
    ...columns([['Audience', '', 'Members', 'would be', 'enter', 'leave'], ...rows], [0, 1]),
    ...audiences.flatMap(({ key, starts }) =>
      starts.map(({ journey, people, asked }) =>
        asked
          ? `  ${key}: up to ${peopleText(people)} would start ${journey} now.`
          : `  ${key}: nobody starts ${journey} by it now; with \`--enter-existing ${key}\` it would be up to ${peopleText(people)}.`,
      ),
    ),
    ...audiences.flatMap(({ key, runs }) => runs.filter(({ people }) => people > 0).map((run) => runsLine(key, run))),
  ];
}

function runsLine(key: string, run: AudienceImpact['runs'][number]): string {
  const { journey, step, people, entering, leaving } = run;
  const where = `${journey}${step === null ? '' : `, at ${step}`}`;
  const why = { wait: 'wait for it', goal: 'have it in their goal', exit: 'have it in their exit' }[run.for];
  return `  ${key}: ${peopleText(people)} in ${where} ${why}; ${thousands(entering)} of them would enter it, ${thousands(leaving)} leave it.`;
}
