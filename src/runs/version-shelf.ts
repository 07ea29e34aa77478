/**
 * Journey versions and workspace settings in memory: what is published never changes, so it is read once.
 * @module
 */
import { experimentsOf } from '../core/experiment.ts';
import { type Interest, interestOf, interestOfExpressions } from '../core/interest.ts';
import type { Journey, StepId } from '../core/journey.ts';
import { reachableFrom } from '../core/reachable.ts';
import { stepOf } from '../core/standing-at.ts';
import { currentPublication, loadJourneyVersion } from '../definitions/publish.ts';
import type { Settings } from '../definitions/workspace-types.ts';
import type { Queryable } from '../store/database.ts';
import { interestFrom, interestInPeople, watchInterest } from './journey-index.ts';
import type { OffersInForce } from './offers.ts';

/** One journey version with what it looks at. */
export interface Version {
  readonly hash: string;
  readonly journey: Journey;
  /** For its goal, exit and awaited conditions. */
  readonly watched: Interest;
  /** For a run that stands at this step. */
  from(step: StepId | null): Interest;
  /** For what its templates name of whom the run is about. */
  readonly named: Interest;
  readonly makesOffers: boolean;
  /** Whether a run that stands at this step may come to an experiment. */
  comesToExperiment(step: StepId | null): boolean;
  /** Of an account's run: for its roles, and for what its templates name of whoever gets a message. */
  readonly people: Interest;
}

/** Journey versions by content hash; they never change, so they are read once. */
export class VersionShelf {
  readonly #versions = new Map<string, Version>();

  /** @throws {UnknownJourneyVersionError} */
  async load(db: Queryable, hash: string): Promise<Version> {
    const known = this.#versions.get(hash);
    if (known !== undefined) return known;
    return this.put(hash, await loadJourneyVersion(db, hash));
  }

  put(hash: string, journey: Journey): Version {
    const ofAccount = journey.of === 'account';
    const hasExperiments = experimentsOf(journey).size > 0;
    const ahead = new Map<StepId | null, Interest>();
    const version: Version = {
      hash,
      journey,
      watched: watchInterest(journey),
      from: (step) => {
        const interest = ahead.get(step) ?? interestFrom(journey, step);
        ahead.set(step, interest);
        return interest;
      },
      makesOffers: Object.values(journey.steps).some(({ kind }) => kind === 'offer'),
      named: interestOfExpressions(Object.values((ofAccount ? journey.computedOfAccount : journey.computed) ?? {})),
      people: ofAccount ? interestInPeople(journey) : interestOf(),
      comesToExperiment: (step) =>
        hasExperiments && [...reachableFrom(journey, step)].some((id) => stepOf(journey, id).kind === 'experiment'),
    };
    this.#versions.set(hash, version);
    return version;
  }

  /** A version that was loaded or put before. */
  get(hash: string): Version {
    const version = this.#versions.get(hash);
    if (version === undefined) throw new Error(`Journey version ${hash} has not been loaded`);
    return version;
  }
}

/** The settings of the newest publication, read again only when there is a newer one. */
export class SettingsShelf {
  #publicationId = 0;
  #settings: Settings | undefined;
  #offers: OffersInForce['offers'] = {};

  /** The settings in force, without asking whether there are newer ones if there were any before. */
  async newest(db: Queryable): Promise<Settings> {
    return this.#settings ?? this.load(db, Number.POSITIVE_INFINITY);
  }

  /** Those of the same publication, which {@link load} has read. */
  get offers(): OffersInForce {
    return { publicationId: this.#publicationId, offers: this.#offers };
  }

  /** @param publicationId the newest, as the caller's snapshot has it */
  async load(db: Queryable, publicationId: number): Promise<Settings> {
    if (this.#settings === undefined || this.#publicationId !== publicationId) {
      const publication = await currentPublication(db);
      if (publication === null) throw new Error('Nothing has been published, so no run can be advanced');
      this.#settings = publication.workspace.settings;
      this.#offers = publication.workspace.offers ?? {};
      this.#publicationId = publication.id;
    }
    return this.#settings;
  }
}
