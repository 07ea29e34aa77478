/**
 * Where people under way stand and what they would meet, as people read it at a terminal.
 * @module
 */
import type { Instant } from '../core/time.ts';
import { columns, counted, thousands } from '../demo/columns.ts';
import type { MetAtStep } from '../runs/migration-preview.ts';

/** `1 person`, `2,000 people` */
export function peopleText(count: number): string {
  return count === 1 ? '1 person' : `${thousands(count)} people`;
}

/** One table for each version that people are on, and what to beware of. */
export function metText(met: readonly MetAtStep[]): string[] {
  const versions = [...new Set(met.map(({ version }) => version))];
  return versions.flatMap((version) => {
    const groups = met.filter((group) => group.version === version);
    const people = groups.reduce((sum, group) => sum + group.people, 0);
    const rows = groups.flatMap(rowsOf);
    const table = columns([['They stand at', 'People', 'and go to', 'where they meet'], ...rows], [0, 2, 3]);
    return ['', `${peopleText(people)} on version ${version.slice(0, 12)}:`, ...table.map((line) => `  ${line}`)];
  });
}

/** What whoever decides has to know first: who gets something at once, who is stranded, who gets something again. */
export function warningsOf(met: readonly MetAtStep[]): string[] {
  const stranded = met.filter(({ goes }) => goes === null).reduce((sum, { people }) => sum + people, 0);
  const again = sumBy(met.flatMap((group) => group.again.map(({ step, people }) => [step, people] as const)));
  const atOnce = sumBy(met.flatMap(({ messages }) => messages.map(({ step, gets }) => [step, gets] as const)));
  const total = [...atOnce.values()].reduce((sum, count) => sum + count, 0);
  return [
    ...(total > 0 ? [`Due at once: ${counted(total, 'message')} (${listed(atOnce)}).`] : []),
    ...(stranded > 0 ? [`Stranded: ${peopleText(stranded)}. A map has to say where they go.`] : []),
    ...(again.size > 0 ? [`Had it before and may get it again: ${listed(again)}.`] : []),
  ];
}

function rowsOf(group: MetAtStep): string[][] {
  const { step, people, goes } = group;
  const [first = '', ...more] = meetings(group);
  return [
    [step ?? '(past the last step)', thousands(people), goesText(goes), first],
    ...more.map((meeting) => ['', '', '', meeting]),
  ];
}

function goesText(goes: MetAtStep['goes']): string {
  if (goes === null) return 'nowhere';
  if (goes === 'stay') return 'stay';
  return goes === 'out' ? 'out' : (goes.to ?? '(past the last step)');
}

function meetings({ goes, people, lookedAt, onTheirWay, waits, ends, messages }: MetAtStep): string[] {
  if (goes === null) return ['(stranded)'];
  if (goes === 'stay') return ['what they would have met'];
  const all = lookedAt === people;
  const some = (count: number) => (all && count === people ? 'all' : thousands(count));
  return [
    ...messages.flatMap(({ step, gets, refused }) => [
      ...(gets > 0 ? [`${some(gets)}: ${step} at once`] : []),
      ...(refused > 0 ? [`${some(refused)}: ${step} refused`] : []),
    ]),
    ...waits.map(({ step, people: waiting, soonest, latest }) => {
      const where = step === null ? 'wait for the goal' : `wait in ${step}`;
      return `${some(waiting)}: ${where} until ${between(soonest, latest)}`;
    }),
    ...Object.entries(ends).map(([outcome, count]) => `${some(count)}: end as ${outcome}`),
    ...(onTheirWay > 0 ? [`${some(onTheirWay)}: moved when their message is out`] : []),
    ...(lookedAt + onTheirWay < people ? [`(of the first ${thousands(lookedAt)})`] : []),
  ];
}

function between(soonest: Instant, latest: Instant): string {
  const [from, to] = [minute(soonest), minute(latest)];
  return from === to ? from : `${from} to ${to}`;
}

/** `2026-03-04 09:00` in UTC */
function minute(at: Instant): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([step, count]) => `${thousands(count)} × ${step}`).join(', ');
}

function sumBy(counts: readonly (readonly [string, number])[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [key, count] of counts) if (count > 0) sums.set(key, (sums.get(key) ?? 0) + count);
  return sums;
}
