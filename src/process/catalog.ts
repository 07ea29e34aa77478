/**
 * The workspace in force, indexed for the way of an event.
 * @module
 */
import { sql } from 'kysely';
import { type AudienceIndex, indexAudiences } from '../audiences/audience-index.ts';
import type { Condition } from '../core/condition.ts';
import { type Interest, interestOf, joinInterests } from '../core/interest.ts';
import type { Journey } from '../core/journey.ts';
import type { TagTable } from '../core/tags.ts';
import type { Instant } from '../core/time.ts';
import type { EnrichmentDefinition } from '../definitions/enrichment-types.ts';
import { currentPublication, loadVersionsOfAccounts } from '../definitions/publish.ts';
import type { Publication, Settings, TrackingPlan } from '../definitions/workspace-types.ts';
import { indexJourneys, type JourneyIndex, type PublishedJourney, watchInterest } from '../runs/journey-index.ts';
import { VersionShelf } from '../runs/version-shelf.ts';
import type { Queryable } from '../store/database.ts';
import { indexSyncs, type SyncIndex } from '../sync/sync-index.ts';

export interface Catalog {
  readonly publicationId: number;
  readonly publishedAt: Instant;
  /** The newest publication by which everybody is known to be up to date. Absent: none. */
  readonly filledTo?: number;
  readonly settings: Settings;
  /** Of people. */
  readonly audiences: AudienceIndex;
  /** Of people. */
  readonly journeys: JourneyIndex;
  /** What people's audiences, the entries and goals of published journeys, and the fields of syncs look at. */
  readonly interest: Interest;
  readonly accounts: OfAccounts;
  /** Audiences of accounts that audiences of people ask for. */
  readonly askedOfAccounts: ReadonlySet<string>;
  readonly enterExisting: ReadonlySet<string>;
  /** Journeys that nobody enters now, by key, with why. Absent: none. */
  readonly closed?: ClosedJourneys;
  readonly trackingPlan?: TrackingPlan | undefined;
  readonly tags?: readonly TagTable[];
  readonly enrichments?: readonly EnrichmentDefinition[];
  /** Absent: none. */
  readonly syncs?: SyncIndex;
}

/** What there is of accounts. */
export interface OfAccounts {
  readonly audiences: AudienceIndex;
  readonly journeys: JourneyIndex;
  /**
   * What their audiences, the entries of their journeys, and runs of any version of these look at: people's transactions
   * tell an account of nothing else.
   */
  readonly interest: Interest;
}

export type ClosedJourneys = Readonly<Record<string, string>>;

/** Keeps the newest catalog; reads it again only when there is a newer publication. */
export class CatalogShelf {
  readonly versions = new VersionShelf();
  #current: Catalog | null = null;

  /** As it was last looked up. */
  get known(): Catalog | null {
    return this.#current;
  }

  /** Null as long as nothing was ever published. */
  async current(db: Queryable): Promise<Catalog | null> {
    const { rows } = await sql<{ id: number | null; closed: ClosedJourneys | null }>`
      select max(id) as id, closed_journeys() as closed from publications
    `.execute(db);
    return this.at(db, rows[0]?.id ?? null, rows[0]?.closed ?? null);
  }

  /**
   * @param publicationId the newest, as the caller's snapshot has it
   * @param closed likewise
   */
  async at(db: Queryable, publicationId: number | null, closed: ClosedJourneys | null): Promise<Catalog | null> {
    if (publicationId === null) return null;
    if (this.#current?.publicationId !== publicationId) this.#current = await this.#read(db);
    // Once everybody is up to date, they stay so until the next publication.
    if (this.#current !== null && this.#current.filledTo !== publicationId)
      this.#current = { ...this.#current, filledTo: await lastFilled(db) };
    return this.#current === null || closed === null ? this.#current : { ...this.#current, closed };
  }

  async #read(db: Queryable): Promise<Catalog | null> {
    const publication = await currentPublication(db);
    if (publication === null) return null;
    for (const { hash, journey } of Object.values(publication.workspace.journeys)) this.versions.put(hash, journey);
    return catalogOf(publication, await loadVersionsOfAccounts(db));
  }
}

/** @param everOfAccounts journeys of accounts of this and earlier publications */
export function catalogOf(publication: Publication, everOfAccounts: readonly Journey[]): Catalog {
  const { workspace, audienceChangedIn, enterExisting } = publication;
  const published = Object.values(workspace.journeys).filter(({ policy }) => policy?.status === undefined);
  const journeys = published.filter(({ journey }) => journey.of !== 'account');
  const journeysOfAccounts = published.filter(({ journey }) => journey.of === 'account');
  const defined = Object.values(workspace.audiences);
  const ofPeople = defined.filter(({ of }) => of !== 'account');
  const ofAccounts = defined.filter(({ of }) => of === 'account');
  const audiences = ofPeople.map(({ condition }) => condition);
  const syncs = indexSyncs(publication);
  const endings = journeys.flatMap(({ journey: { goal, exit } }) => [goal, exit.when].filter((one) => one !== null));
  return {
    publicationId: publication.id,
    publishedAt: publication.publishedAt.getTime(),
    settings: workspace.settings,
    audiences: indexAudiences(ofPeople, audienceChangedIn),
    journeys: indexJourneys(journeys),
    interest: interestOf(...audiences, ...endings, ...syncs.asks),
    accounts: {
      audiences: indexAudiences(ofAccounts, audienceChangedIn),
      journeys: indexJourneys(journeysOfAccounts),
      interest: joinInterests([
        interestOf(...ofAccounts.map(({ condition }) => condition), ...entriesOf(journeysOfAccounts)),
        ...everOfAccounts.map((journey) => watchInterest(journey)),
      ]),
    },
    askedOfAccounts: interestOf(...audiences).related,
    enterExisting: new Set(enterExisting),
    trackingPlan: workspace.trackingPlan,
    tags: workspace.tags ?? [],
    enrichments: workspace.enrichments ?? [],
    syncs,
  };
}

async function lastFilled(db: Queryable): Promise<number> {
  const last = await db
    .selectFrom('publications')
    .select(({ fn }) => fn.max('id').as('id'))
    .where('filled_at', 'is not', null)
    .executeTakeFirst();
  return last?.id ?? 0;
}

/** Events that enter journeys, as conditions that they make true. */
function entriesOf(journeys: readonly PublishedJourney[]): Condition[] {
  return journeys.flatMap(({ journey: { enter } }) =>
    enter.by === 'event' ? [{ kind: 'events', events: enter.events, times: { atLeast: 1 } }] : [],
  );
}

/** The journeys that this profile can enter. */
export function journeysFor(catalog: Catalog, { kind }: { readonly kind: 'person' | 'account' }): JourneyIndex {
  return kind === 'person' ? catalog.journeys : catalog.accounts.journeys;
}

/** The audiences that this profile can be in. */
export function audiencesFor(catalog: Catalog, { kind }: { readonly kind: 'person' | 'account' }): AudienceIndex {
  return kind === 'person' ? catalog.audiences : catalog.accounts.audiences;
}
