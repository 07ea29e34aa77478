/**
 * Tables of tags: free of words that stand in them twice, and of two that write the same property of an event.
 * @module
 */
import { keywordForm, type TagTable } from '../core/tags.ts';
import type { Catalog, Report } from './catalog.ts';
import type { TagsFile } from './schema-tags.ts';
import type { Source } from './source.ts';
import type { TrackingPlan } from './workspace-types.ts';

export function compileTags({ tags }: Pick<Catalog, 'tags'>, report: Report): readonly TagTable[] {
  const writers = new Map<string, { readonly file: string; readonly key: string }>();
  return [...tags].map(([key, { file, source }]) => {
    const { features = 'features', tiers = 'tiers' } = file;
    const events = typeof file.event === 'string' ? [file.event] : file.event;
    reportDuplicates(file, source, report);
    if (features === tiers) {
      const fix = 'Give one of them another name';
      report(source, ['tiers'], `Features and tiers would be one property \`${tiers}\``, fix);
    }
    for (const property of new Set([features, tiers])) {
      for (const event of events) {
        const path = property === file.tiers ? ['tiers'] : property === file.features ? ['features'] : ['tags'];
        const earlier = writers.get(`${event}\n${property}`);
        if (earlier === undefined) writers.set(`${event}\n${property}`, { file: source.file, key });
        else {
          const message = `\`${key}\` and \`${earlier.key}\` both write \`${property}\` of \`${event}\``;
          report(source, path, message, `Name another property; the first is in ${earlier.file}`);
        }
      }
    }
    const table = file.table.map(({ feature, tier, keywords }) => ({
      feature,
      ...(tier === undefined ? {} : { tier }),
      keywords,
    }));
    return { key, events, text: file.text, into: { features, tiers }, table };
  });
}

function reportDuplicates({ table }: TagsFile, source: Source, report: Report): void {
  const features = new Set<string>();
  const words = new Map<string, string>();
  for (const [row, { feature, keywords }] of table.entries()) {
    if (features.has(feature)) {
      report(source, ['table', row, 'feature'], `The feature \`${feature}\` stands in the table twice`, 'Join the two');
    }
    features.add(feature);
    for (const [index, keyword] of keywords.entries()) {
      const form = keywordForm(keyword);
      const earlier = words.get(form);
      if (earlier !== undefined) {
        const where = earlier === feature ? 'stands twice' : `stands for \`${earlier}\` already`;
        report(source, ['table', row, 'keywords', index], `\`${keyword}\` ${where}`, 'Keep it in one place');
      }
      words.set(form, feature);
    }
  }
}

/** What conditions can ask of events: what the tracking plan says of them, and the tags that they get. */
export function planWithTags(plan: TrackingPlan | undefined, tables: readonly TagTable[]): TrackingPlan | undefined {
  if (plan === undefined || tables.length === 0) return plan;
  const events = { ...plan.events };
  for (const { events: names, into } of tables) {
    for (const name of names) {
      const call = events[name];
      if (call === undefined) continue;
      const list = { type: 'list', required: false } as const;
      events[name] = { ...call, fields: { ...call.fields, [into.features]: list, [into.tiers]: list } };
    }
  }
  return { ...plan, events };
}
