/**
 * The workspace in force, indexed for the way of an event.
 * @module
 */
import { type AudienceIndex, indexAudiences } from '../audiences/audience-index.ts';
import { type Interest, interestOf } from '../core/interest.ts';
import type { Instant } from '../core/time.ts';
import { currentPublication } from '../definitions/publish.ts';
import type { Settings, TrackingPlan } from '../definitions/workspace-types.ts';
import { indexJourneys, type JourneyIndex } from '../runs/journey-index.ts';
import { VersionShelf } from '../runs/version-shelf.ts';
import type { Queryable } from '../store/database.ts';
import { indexSyncs, type SyncIndex } from '../sync/sync-index.ts';

export interface Catalog {
  readonly publicationId: number;
  readonly publishedAt: Instant;
  readonly settings: Settings;
  readonly audiences: AudienceIndex;
  readonly journeys: JourneyIndex;
  /** What the audiences, the entries and goals of published journeys, and the fields of syncs look at. */
  readonly interest: Interest;
  readonly enterExisting: ReadonlySet<string>;
  readonly trackingPlan?: TrackingPlan | undefined;
  /** Absent: none. */
  readonly syncs?: SyncIndex;
}

/** Keeps the newest catalog; reads it again only when there is a newer publication. */
export class CatalogShelf {
  readonly versions = new VersionShelf();
  #current: Catalog | null = null;

  /** Null as long as nothing was ever published. */
  async current(db: Queryable): Promise<Catalog | null> {
    const newest = await db
      .selectFrom('publications')
      .select(({ fn }) => fn.max('id').as('id'))
      .executeTakeFirst();
    return this.at(db, newest?.id ?? null);
  }

  /** @param publicationId the newest, as the caller's snapshot has it */
  async at(db: Queryable, publicationId: number | null): Promise<Catalog | null> {
    if (publicationId === null) return null;
    if (this.#current?.publicationId !== publicationId) this.#current = await this.#read(db);
    return this.#current;
  }

  async #read(db: Queryable): Promise<Catalog | null> {
    const publication = await currentPublication(db);
    if (publication === null) return null;
    const { workspace, audienceChangedIn, enterExisting } = publication;
    const journeys = Object.values(workspace.journeys);
    for (const { hash, journey } of journeys) this.versions.put(hash, journey);
    const syncs = indexSyncs(publication);
    const conditions = [
      ...syncs.asks,
      ...Object.values(workspace.audiences).map(({ condition }) => condition),
      ...journeys.flatMap(({ journey: { goal, exit } }) => [goal, exit.when].filter((one) => one !== null)),
    ];
    return {
      publicationId: publication.id,
      publishedAt: publication.publishedAt.getTime(),
      settings: workspace.settings,
      audiences: indexAudiences(Object.values(workspace.audiences), audienceChangedIn),
      journeys: indexJourneys(journeys),
      interest: interestOf(...conditions),
      enterExisting: new Set(enterExisting),
      trackingPlan: workspace.trackingPlan,
      syncs,
    };
  }
}
