/**
 * Where the settings list the categories that people can choose from, is every message and offer of one of them?
 * @module
 */
import type { Catalog, Report } from './catalog.ts';
import { didYouMean } from './problems.ts';

const USUAL = 'marketing';

export function lintCategories({ settings, emails, inApps, offers }: Catalog, report: Report): void {
  const listed = Object.keys(settings?.file.categories ?? {});
  if (listed.length === 0) return;
  const refusable = [...emails.values()].filter(({ file }) => file.transactional !== true);
  for (const { file, source } of [...refusable, ...inApps.values(), ...offers.values()]) {
    const { category = USUAL } = file;
    if (listed.includes(category)) continue;
    const absent = file.category === undefined ? ', which is meant where none is named' : '';
    const fix = didYouMean(category, listed) ?? 'Add it to `categories` in the settings';
    report(source, ['category'], `The settings list no category \`${category}\`${absent}`, fix);
  }
}
