/**
 * Templates in the form journeys carry them, and whether their Liquid uses only what is there.
 * @module
 */
import type { Hours } from '../core/hours.ts';
import type { EmailTemplate, InAppTemplate, SalesTaskTemplate } from '../core/journey.ts';
import { DAY } from '../core/time.ts';
import type { Catalog } from './catalog.ts';
import type { Templates } from './compile-journey.ts';
import { compileHours, DEFAULT_CATEGORY, SALES_CATEGORY } from './compile-pressure.ts';
import type { Compiled } from './email-template.ts';
import { faultsOf, type Names } from './liquid.ts';
import type { AuthoredStep } from './schema-journey.ts';
import type { AuthoredHours } from './schema-pressure.ts';
import { millisecondsOf } from './schema-values.ts';
import { type Path, problemAt, type Source } from './source.ts';
import { stepsOf } from './step-ids.ts';
import type { Problem } from './workspace-types.ts';

const SHOWN_FOR = 14 * DAY;
const DUE_AFTER = 2 * DAY;

/** @param bodies what the MJML of each email compiled to; an email without has problems of its own */
export function compileTemplates(catalog: Catalog, bodies: ReadonlyMap<string, Compiled>): Templates {
  const emails = new Map<string, EmailTemplate>();
  for (const [key, { file }] of catalog.emails) {
    const {
      category = DEFAULT_CATEGORY,
      subject,
      from = catalog.settings?.file.sender ?? '',
      transactional = false,
    } = file;
    const body = bodies.get(key);
    if (body !== undefined) emails.set(key, { key, category, subject, ...body, from, transactional, ...hoursOf(file) });
  }
  const inApps = new Map<string, InAppTemplate>();
  for (const [key, { file }] of catalog.inApps) {
    const { category = DEFAULT_CATEGORY, placement, title, body, button, expiresAfter } = file;
    const shown = expiresAfter === undefined ? SHOWN_FOR : millisecondsOf(expiresAfter);
    inApps.set(key, {
      key,
      category,
      placement,
      title,
      body,
      ...(button && { button }),
      expiresAfter: shown,
      ...hoursOf(file),
    });
  }
  const salesTasks = new Map<string, SalesTaskTemplate>();
  for (const [key, { file }] of catalog.salesTasks) {
    const { category = SALES_CATEGORY, title, owner, due, brief } = file;
    const dueAfter = due === undefined ? DUE_AFTER : millisecondsOf(due);
    salesTasks.set(key, { key, category, title, owner, dueAfter, brief, ...hoursOf(file) });
  }
  return { emails, inApps, salesTasks };
}

function hoursOf({ send }: { readonly send?: AuthoredHours | undefined }): { hours?: Hours } {
  return send === undefined ? {} : { hours: compileHours(send) };
}

type NamesIn = (kind: 'email' | 'in-app' | 'sales-task', template: string) => Names;

/** What each template may name: one of a journey of accounts also what is computed of them. */
export function namesOfTemplates(catalog: Catalog, names: Names): NamesIn {
  const ofAccounts = new Set(
    [...catalog.journeys.values()]
      .filter(({ file }) => file.of === 'accounts')
      .flatMap(({ file }) => stepsOf(file).flatMap(({ step }) => templateOf(step))),
  );
  const more: Names = {
    ...names,
    account: new Set([...names.account, ...names.computedOfAccounts]),
    computedOfAccounts: new Set(),
  };
  // A journey that cannot be read may be one that uses it.
  const mayBeAny = [...catalog.broken].some((one) => one.startsWith('journey '));
  return (kind, template) => {
    const known = mayBeAny || ofAccounts.has(`${kind} ${template}`) ? more : names;
    return kind === 'sales-task' ? { ...known, stakeholders: true } : known;
  };
}

function templateOf(step: AuthoredStep): string[] {
  if ('email' in step) return [`email ${step.email}`];
  if ('in-app' in step) return [`in-app ${step['in-app']}`];
  return 'sales-task' in step ? [`sales-task ${step['sales-task']}`] : [];
}

/** Every fault in the Liquid of YAML texts: templates, front matter, webhooks. */
export function liquidProblems(catalog: Catalog, namesIn: NamesIn): readonly Problem[] {
  const emails = [...catalog.emails].flatMap(([name, email]) =>
    (['subject', 'preview', 'from'] as const).flatMap((key) =>
      textProblems(email, [key], email.file[key], namesIn('email', name), true),
    ),
  );
  const inApps = [...catalog.inApps].flatMap(([name, inApp]) => [
    ...(['title', 'body'] as const).flatMap((key) =>
      textProblems(inApp, [key], inApp.file[key], namesIn('in-app', name)),
    ),
    ...(['label', 'url'] as const).flatMap((key) =>
      textProblems(inApp, ['button', key], inApp.file.button?.[key], namesIn('in-app', name)),
    ),
  ]);
  const salesTasks = [...catalog.salesTasks].flatMap(([name, task]) =>
    (['title', 'owner', 'brief'] as const).flatMap((key) =>
      textProblems(task, [key], task.file[key], namesIn('sales-task', name)),
    ),
  );
  return [...emails, ...inApps, ...salesTasks];
}

/** Faults in the Liquid of an MJML file. */
export function mjmlLiquidProblems(file: string, mjml: string, names: Names): readonly Problem[] {
  return faultsOf(mjml, names, true).map(({ place, message, fix }) => problemAt(file, place, message, fix));
}

/** @param path where the text stands in its source */
export function textProblems(
  { source }: { readonly source: Source },
  path: Path,
  text: string | undefined,
  names: Names,
  canUnsubscribe = false,
): readonly Problem[] {
  if (text === undefined) return [];
  return faultsOf(text, names, canUnsubscribe).map(({ place, message, fix }) =>
    problemAt(source.file, source.placeWithin(path, text, indexOf(text, place)), message, fix),
  );
}

function indexOf(text: string, { line, column }: { line: number; column: number }): number {
  const above = text.split('\n').slice(0, line - 1);
  return above.reduce((total, one) => total + one.length + 1, 0) + column - 1;
}
