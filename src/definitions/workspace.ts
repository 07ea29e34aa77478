/**
 * From a folder of YAML and MJML files to a workspace, or to everything that is wrong with them.
 * @module
 */
import { contentHash } from './canonical.ts';
import { type Catalog, catalogOf, definedIn, reportTo } from './catalog.ts';
import { compileAudiences, reportCircle, withHashes } from './compile-audiences.ts';
import { compileEnrichments } from './compile-enrichments.ts';
import { compileJourney } from './compile-journey.ts';
import { compileOffers } from './compile-offers.ts';
import { compilePlans } from './compile-plan.ts';
import { policyOf } from './compile-policy.ts';
import { checkCaps, checkSettle, compileCap, compileQuietHours } from './compile-pressure.ts';
import { compileRoles } from './compile-roles.ts';
import { compileSyncs } from './compile-sync.ts';
import { compileTags, planWithTags } from './compile-tags.ts';
import { compileTemplates, liquidProblems, mjmlLiquidProblems, namesOfTemplates } from './compile-templates.ts';
import { compileTraits } from './compile-traits.ts';
import { type Compiled, compileMjml, type MjmlFile, readMjml } from './email-template.ts';
import { lintCategories } from './lint-categories.ts';
import { sortProblems } from './problems.ts';
import { readFolder, type WorkspaceFile } from './read-folder.ts';
import type { SettingsFile } from './schema.ts';
import { millisecondsOf } from './schema-values.ts';
import { checkEmail, checkShape, type Definition } from './shape.ts';
import { parseYaml, problemAt } from './source.ts';
import type { Problem, Settings, SubscriptionCategory, Workspace } from './workspace-types.ts';

export type Loaded = { readonly workspace: Workspace } | { readonly problems: readonly Problem[] };

/**
 * Reads, checks and compiles every definition below `folder`. Needs nothing but the files.
 * @returns the workspace, or at least one problem
 */
export async function loadWorkspace(folder: string): Promise<Loaded> {
  let files: readonly WorkspaceFile[];
  try {
    files = await readFolder(folder);
  } catch (cause) {
    const message = `The workspace cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    return { problems: [problemAt(folder, { line: 1, column: 1 }, message)] };
  }
  return compileWorkspace(folder, files);
}

async function compileWorkspace(folder: string, files: readonly WorkspaceFile[]): Promise<Loaded> {
  const problems: Problem[] = [];
  const report = reportTo(problems);
  const { definitions, emailFiles, parts, broken } = readDefinitions(files, problems);
  const catalog = catalogOf(definitions, broken, problems);

  const trackingPlan = compilePlans(catalog, report);
  const tags = compileTags(catalog, report);
  const traits = compileTraits(catalog, planWithTags(trackingPlan, tags), report);
  const { scope } = traits;
  const named = compileAudiences(catalog, scope);
  const syncs = compileSyncs({ catalog, traits, report, problems });
  const enrichments = compileEnrichments({ catalog, traits, report, problems });
  const roles = compileRoles(catalog, traits);
  const namesIn = namesOfTemplates(catalog, traits.names);
  problems.push(...liquidProblems(catalog, namesIn));
  for (const { name, text } of parts) problems.push(...mjmlLiquidProblems(name, text, traits.names));

  const bodies = new Map<string, Compiled>();
  for (const [key, { file, source }] of catalog.emails) {
    const email = emailFiles.get(source.file);
    if (email === undefined) continue;
    const faults = mjmlLiquidProblems(source.file, email.mjml, namesIn('email', key));
    const { preview, transactional = false } = file;
    const compiled = await compileMjml(source.file, email.mjml, {
      path: email.path,
      root: folder,
      preview,
      transactional,
    });
    problems.push(...faults, ...('html' in compiled ? [] : compiled));
    if ('html' in compiled) bodies.set(key, compiled);
  }
  const templates = compileTemplates(catalog, bodies);
  checkSettle(catalog.settings, report);
  if (catalog.settings !== undefined)
    checkCaps(catalog.settings.file.caps ?? [], ['caps'], catalog.settings.source, catalog, report);
  const offers = compileOffers(catalog, traits, problems);
  lintCategories(catalog, report);
  const journeys = [...catalog.journeys].map(([key, definition]) => {
    const journey = compileJourney(definition, catalog, traits, { ...templates, roles, offers }, problems);
    const policy = policyOf(definition.file);
    return [key, { hash: contentHash(journey), journey, ...(policy !== undefined && { policy }) }] as const;
  });

  // Journeys ask of accounts, too, which makes audiences.
  const audiences = withHashes(named, scope.hidden.values(), () => undefined, reportCircle(catalog, scope));
  const settings = settingsOf(catalog);
  if (problems.length > 0 || settings === undefined) return { problems: sortProblems(problems) };
  const content: Omit<Workspace, 'hash'> = {
    settings,
    audiences,
    computedTraits: Object.fromEntries(traits.computed),
    scores: Object.fromEntries(traits.scores),
    journeys: Object.fromEntries(journeys),
    ...(Object.keys(syncs).length > 0 && { syncs }),
    ...(trackingPlan !== undefined && { trackingPlan }),
    ...(tags.length > 0 && { tags }),
    ...(enrichments.length > 0 && { enrichments }),
    ...(offers.size > 0 && { offers: Object.fromEntries(offers) }),
  };
  return { workspace: { hash: contentHash(content), ...content } };
}

interface Read {
  readonly definitions: readonly Definition[];
  /** Email templates by file name. */
  readonly emailFiles: ReadonlyMap<string, MjmlFile & { readonly path: string }>;
  /** MJML that templates include: files whose name begins with `_`. */
  readonly parts: readonly WorkspaceFile[];
  readonly broken: ReadonlySet<string>;
}

function readDefinitions(files: readonly WorkspaceFile[], problems: Problem[]): Read {
  const definitions: Definition[] = [];
  const emailFiles = new Map<string, MjmlFile & { path: string }>();
  const parts = files.filter(isPart);
  const broken = new Set<string>();
  for (const file of files) {
    if (isPart(file)) continue;
    const before = problems.length;
    const email = file.name.endsWith('.mjml') ? readMjml(file.name, file.text) : undefined;
    if (email !== undefined) emailFiles.set(file.name, { ...email, path: file.path });
    const { sources, problems: unreadable } = email ?? parseYaml(file.name, file.text);
    problems.push(...unreadable);
    for (const source of sources) {
      const checked = email === undefined ? checkShape(source) : checkEmail(source);
      if ('kind' in checked) definitions.push(checked);
      else problems.push(...checked);
    }
    if (problems.length > before) for (const one of definedIn(file.text)) broken.add(one);
  }
  return { definitions, emailFiles, parts, broken };
}

function isPart({ name }: WorkspaceFile): boolean {
  return /(^|\/)_[^/]*\.mjml$/.test(name);
}

function settingsOf({ settings }: Catalog): Settings | undefined {
  if (settings === undefined) return undefined;
  const {
    settings: name,
    timezone,
    sender,
    caps = [],
    traits = {},
    accountTraits = {},
    emailRate,
    keepHistory,
    quietHours,
    categories,
    settle,
  } = settings.file;
  return {
    name,
    timezone,
    sender,
    caps: caps.map(compileCap),
    ...(quietHours !== undefined && { quietHours: compileQuietHours(quietHours) }),
    ...(settle !== undefined && { settle: millisecondsOf(settle) }),
    onUncertainSend: settings.file.onUncertainSend ?? 'again',
    ...(emailRate !== undefined && { emailRate }),
    traits,
    accountTraits,
    ...(keepHistory !== undefined && { keepHistory: millisecondsOf(keepHistory) }),
    ...(categories !== undefined && { categories: listOf(categories) }),
  };
}

function listOf(categories: NonNullable<SettingsFile['categories']>): readonly SubscriptionCategory[] {
  return Object.entries(categories).map(([category, said]) => ({
    category,
    ...(typeof said === 'string' ? { title: said } : said),
  }));
}
