/**
 * Caps, hours and what a refusal means, in the form the core takes them; and whether they can be meant.
 * @module
 */
import { type Hours, opensAt, type Weekday } from '../core/hours.ts';
import type { Cap, Step } from '../core/journey.ts';
import type { QuietHours } from '../core/pressure.ts';
import type { Catalog, Report } from './catalog.ts';
import { didYouMean } from './problems.ts';
import {
  type AuthoredCap,
  type AuthoredHours,
  type AuthoredMessaging,
  minutesOf,
  WEEKDAYS,
} from './schema-pressure.ts';
import { millisecondsOf } from './schema-values.ts';
import type { Path, Source } from './source.ts';

type MessageStep = Extract<Step, { kind: 'email' | 'in-app' | 'sales-task' }>;

const MIDNIGHT = 24 * 60;
const ALL = ['cap', 'hours', 'unwanted'] as const;

export function compileCap({ channel, category, of, atMost, within, per }: AuthoredCap): Cap {
  const over = { ...(channel && { channel }), ...(category && { category }), ...(of && { of }) };
  // The schema sees to it that there is one of the two.
  return per === undefined ? { ...over, atMost, within: millisecondsOf(within ?? '') } : { ...over, atMost, per };
}

export function compileHours({ days, from, to }: AuthoredHours): Hours {
  return {
    ...(days && { days: [...new Set(days)].map((day) => (WEEKDAYS.indexOf(day) + 1) as Weekday).sort() }),
    from: from === undefined ? 0 : minutesOf(from),
    to: to === undefined ? MIDNIGHT : minutesOf(to),
  };
}

export function compileQuietHours(
  authored: readonly (AuthoredHours & { channel?: QuietHours['channel'] })[],
): readonly QuietHours[] {
  return authored.map(({ channel, ...hours }) => ({ ...(channel && { channel }), ...compileHours(hours) }));
}

/** Keys that are absent stay so. */
export function compileMessaging({ send, refused }: AuthoredMessaging): Pick<MessageStep, 'hours' | 'refused'> {
  const means = typeof refused === 'string' ? Object.fromEntries(ALL.map((rule) => [rule, refused])) : refused;
  return { ...(send && { hours: compileHours(send) }), ...(means && { refused: means }) };
}

/** Messages settle for the slots of the workspace's caps. */
export function checkSettle(settings: Catalog['settings'], report: Report): void {
  if (settings === undefined) return;
  const { settle, caps = [] } = settings.file;
  if (settle === undefined || caps.length > 0) return;
  const fix = 'Add `caps`, or take `settle` out';
  report(settings.source, ['settle'], 'There is no cap for which messages could settle', fix);
}

/** A cap on a category that nothing has would never count anything. */
export function checkCaps(
  caps: readonly AuthoredCap[],
  at: Path,
  source: Source,
  catalog: Catalog,
  report: Report,
): void {
  const known = categoriesOf(catalog);
  caps.forEach(({ category }, index) => {
    if (category === undefined || known.has(category) || catalog.broken.size > 0) return;
    const fix = didYouMean(category, known) ?? `There is ${[...known].map((one) => `\`${one}\``).join(', ')}`;
    report(
      source,
      [...at, index, 'category'],
      `No template has the category \`${category}\``,
      known.size === 0 ? undefined : fix,
    );
  });
}

/** Says so where a step's hours never come, or nothing can refuse it. */
export function checkMessaging(
  step: MessageStep,
  authored: AuthoredMessaging,
  catalog: Catalog,
  say: (key: 'send' | 'refused' | undefined, message: string, fix?: string) => void,
): void {
  if (step.kind === 'email' && step.template.transactional) {
    for (const key of ['send', 'refused'] as const) {
      if (authored[key] === undefined) continue;
      const message = `The email \`${step.template.key}\` is transactional: no hours and no caps hold for it`;
      say(key, message, `Take \`${key}\` out`);
    }
    return;
  }
  const quiet = compileQuietHours(catalog.settings?.file.quietHours ?? []);
  const outside = quiet.filter(({ channel }) => channel === undefined || channel === step.kind);
  const within = [step.hours, step.template.hours].filter((one) => one !== undefined);
  if (opensAt({ within, outside }, 'Etc/UTC', 0) !== null) return;
  const parts = [
    step.hours && 'its own',
    step.template.hours && 'those of its template',
    outside[0] && 'the quiet hours',
  ];
  const message = `This message never goes out: ${parts.filter(Boolean).join(', ')} leave no time`;
  say(step.hours && 'send', message, 'Let them have an hour in common');
}

function categoriesOf({ emails, inApps, salesTasks }: Catalog): ReadonlySet<string> {
  const marketing = [...emails.values(), ...inApps.values()].map(({ file }) => file.category ?? DEFAULT_CATEGORY);
  return new Set([...marketing, ...[...salesTasks.values()].map(({ file }) => file.category ?? SALES_CATEGORY)]);
}

export const DEFAULT_CATEGORY = 'marketing';
export const SALES_CATEGORY = 'sales';
