/**
 * A person, or an account, and a journey: why in, why not, where now, what came before.
 * @module
 */
import { ownZone } from '../core/calendar.ts';
import type { Journey } from '../core/journey.ts';
import type { Clock, Instant } from '../core/time.ts';
import { type KnownVersion, versionsOfJourney } from '../definitions/known-versions.ts';
import { didYouMean } from '../definitions/problems.ts';
import { currentPublication } from '../definitions/publish.ts';
import type { Publication } from '../definitions/workspace-types.ts';
import { applyDue, bringUpToDate, follow } from '../process/apply.ts';
import { type Catalog, type CatalogShelf, journeysFor } from '../process/catalog.ts';
import { loadProfiles, type Profile } from '../process/profile.ts';
import { lookAtPlaces } from '../runs/entry-places.ts';
import { type Control, readControls } from '../runs/journey-controls.ts';
import { type JourneyStatus, journeyStatus } from '../runs/journey-status.ts';
import { readEntryRefusals } from '../runs/read-refusals.ts';
import { looksAtAccounts } from '../simulate/virtual-world.ts';
import type { Database, Queryable } from '../store/database.ts';
import { type EntryExplained, explainEntry } from './entry.ts';
import { explainRuns, type RunsExplained } from './runs.ts';
import { explainWishes, type WishExplained } from './wishes.ts';

export interface JourneyQuestion {
  readonly profileId: number;
  readonly journey: string;
  /** Which of the runs side by side would be entered, where the journey has several. Absent: one that there was not before. */
  readonly instance?: string | undefined;
}

export interface JourneyExplained extends RunsExplained {
  readonly journey: string;
  readonly of: 'person' | 'account';
  /** As of when. */
  readonly at: Date;
  /** By whose clock hours and calendars of the person go. */
  readonly zone: string;
  readonly status: JourneyStatus;
  /** Who paused, stopped or reopened it last; null: nobody did. */
  readonly control: Pick<Control, 'since' | 'by' | 'reason'> | null;
  /** Of the definition in force; null: there is none any more. */
  readonly version: string | null;
  /** Null where there is no definition in force. */
  readonly entry: EntryExplained | null;
  /** What the person does not want that stands against its messages. */
  readonly unwanted: readonly WishExplained[];
  /** Entries that were refused, the newest first. */
  readonly refusals: readonly { readonly at: Date; readonly reason: string; readonly instance: string | null }[];
}

export interface Explaining {
  readonly db: Database;
  readonly clock: Pick<Clock, 'now' | 'speed'>;
  readonly catalogs: CatalogShelf;
}

/** The question makes no sense: there is no such journey, or it is about others. */
export class JourneyQuestionError extends Error {
  override readonly name = 'JourneyQuestionError';

  constructor(
    message: string,
    readonly fix: string,
    /** There is no such journey. */
    readonly isUnknown: boolean,
  ) {
    super(message);
  }
}

const REFUSALS = 10;
const RUNS = 5;
const MESSAGES = 50;

/**
 * All of it as of one instant.
 * @returns undefined where there is no such profile
 * @throws {JourneyQuestionError}
 */
export function explainJourney(
  question: JourneyQuestion,
  { db, clock, catalogs }: Explaining,
): Promise<JourneyExplained | undefined> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const [publication, catalog] = [await currentPublication(tx), await catalogs.current(tx)];
      if (publication === null || catalog === null) throw unknownJourney(question.journey, []);
      return explainIn(tx, question, publication, catalog, catalogs, clock.now());
    });
}

/**
 * Whether its runs are of people or of accounts.
 * @throws {JourneyQuestionError} where no journey of this key was ever published
 */
export async function kindOfJourney(db: Queryable, journey: string): Promise<'person' | 'account'> {
  const { journeys = {} } = (await currentPublication(db))?.workspace ?? {};
  const known = Object.hasOwn(journeys, journey) ? journeys[journey] : undefined;
  return (known ?? (await lastVersion(db, journey, Object.keys(journeys)))).journey.of ?? 'person';
}

async function explainIn(
  tx: Queryable,
  question: JourneyQuestion,
  { workspace }: Publication,
  catalog: Catalog,
  { versions }: CatalogShelf,
  now: Instant,
): Promise<JourneyExplained | undefined> {
  const { profileId, journey } = question;
  const version = Object.hasOwn(workspace.journeys, journey) ? workspace.journeys[journey] : undefined;
  const definition = (version ?? (await lastVersion(tx, journey, Object.keys(workspace.journeys)))).journey;
  const looking = { whenBusy: 'look', instances: 'all' } as const;
  const profile = (await loadProfiles(tx, catalog, versions, [profileId], now, looking)).get(profileId);
  if (profile === undefined) return undefined;
  expectKind(definition, profile);

  const control = (await readControls(tx)).get(journey);
  const status = journeyStatus(version, control);
  const places = await lookAtPlaces(tx, definition, now);
  const applying = { catalog, versions, places };
  bringToNow(profile, now, applying);
  const isOpen = journeysFor(catalog, profile).get(journey) !== undefined;
  const closed = isOpen ? null : `the journey is ${version?.policy?.status === 'draft' ? 'a draft' : 'archived'}`;
  const reading = {
    ...{ tx, catalog, versions, offers: workspace.offers ?? {}, resumed: journey, now },
    looksAtAccounts: looksAtAccounts(workspace),
  };
  const runs = await explainRuns({ profileId, journey, runs: RUNS, messages: MESSAGES }, reading);
  const refusals = await readEntryRefusals(tx, { journey, profileId, limit: REFUSALS });
  const asking = { db: tx, profile, workspace, applying, closed, instance: question.instance };
  return {
    journey,
    of: profile.kind,
    at: new Date(now),
    zone: ownZone(profile.traits, workspace.settings.timezone).zone,
    status,
    control: control === undefined ? null : { since: control.since, by: control.by, reason: control.reason },
    version: version?.hash ?? null,
    entry: version === undefined ? null : await explainEntry({ ...asking, published: version }, now),
    unwanted: await explainWishes(tx, profileId, definition, now),
    refusals: refusals.map(({ at, reason, instance }) => ({ at, reason, instance })),
    ...runs,
  };
}

/** What happens to the profile before anything else can: publications, instants that fell due, limits of runs. In memory only. */
function bringToNow(profile: Profile, now: Instant, applying: Parameters<typeof applyDue>[2]): void {
  bringUpToDate(profile, now, applying);
  applyDue(profile, now, applying, 'upTo');
  follow(profile, [], {}, now, applying, 'nobody');
}

/** @throws {JourneyQuestionError} where no journey of this key was ever published */
async function lastVersion(db: Queryable, journey: string, published: readonly string[]): Promise<KnownVersion> {
  const [last] = await versionsOfJourney(db, journey);
  if (last === undefined) throw unknownJourney(journey, published);
  return last;
}

function unknownJourney(journey: string, published: readonly string[]): JourneyQuestionError {
  const fix =
    didYouMean(journey, published) ?? `There are: ${published.join(', ') || 'none, nothing is published yet'}`;
  return new JourneyQuestionError(`There is no journey \`${journey}\``, fix, true);
}

/** @throws {JourneyQuestionError} */
function expectKind({ key, of }: Journey, { kind }: Profile): void {
  if ((of ?? 'person') === kind) return;
  const [about, one] = of === 'account' ? ['accounts', 'an account'] : ['people', 'a person'];
  throw new JourneyQuestionError(`The journey \`${key}\` is of ${about}`, `Ask about ${one}`, false);
}
