/**
 * What all lives in virtual time share: a workspace as if it had always been in force, indexed once.
 * @module
 */
import { type Interest, interestOf } from '../core/interest.ts';
import type { Offer } from '../core/offer.ts';
import type { Settings, Workspace } from '../definitions/workspace-types.ts';
import type { Applying } from '../process/apply.ts';
import { catalogOf } from '../process/catalog.ts';
import { interestFrom, watchInterest } from '../runs/journey-index.ts';
import { VersionShelf } from '../runs/version-shelf.ts';
import type { VirtualQueues } from './virtual-queues.ts';

/** Only what lives need of a workspace. */
export type LivedWorkspace = Pick<Workspace, 'audiences' | 'journeys' | 'tags' | 'settings' | 'offers'>;

export interface VirtualWorld extends Applying {
  readonly settings: Settings;
  /** By key; what is picked is written into journeys, and here it says how many there are. Absent: any number. */
  readonly offers?: Readonly<Record<string, Offer>>;
  /** Emails are what takes longest to write. */
  readonly rendersEmails: boolean;
  /** Variants that whoever is new gets, by experiment, by journey. Absent: there are none. */
  readonly winners?: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Absent: none are. */
  readonly usedUpOffers?: ReadonlySet<string>;
  /** Of broadcasts with a rate. Absent: nobody waits in them. */
  readonly queues?: VirtualQueues;
}

/** Does anything depend on what else happens in a person's accounts? Then those who share some live together. */
export function looksAtAccounts({ audiences, journeys }: LivedWorkspace): boolean {
  const isOfAccounts = ({ journey }: Workspace['journeys'][string]) => journey.of === 'account';
  if (Object.values(audiences).some(({ of }) => of === 'account') || Object.values(journeys).some(isOfAccounts))
    return true;
  const asks = ({ traits, related }: Interest) => traits.has('account') || related.size > 0;
  return (
    asks(interestOf(...Object.values(audiences).map(({ condition }) => condition))) ||
    Object.values(journeys).some(
      ({ journey }) => asks(watchInterest(journey)) || asks(interestFrom(journey, journey.first)),
    )
  );
}

/** A draft is tried as if it were published. */
export function asPublished(workspace: LivedWorkspace, key: string): LivedWorkspace {
  const version = workspace.journeys[key];
  if (version === undefined) return workspace;
  const { policy: _, ...published } = version;
  return { ...workspace, journeys: { ...workspace.journeys, [key]: published } };
}

/** Nobody is asked about anybody: audiences that only enrichments look at are left out. */
export function virtualWorld(
  { audiences, journeys, tags, settings, offers = {} }: LivedWorkspace,
  { rendersEmails = false, winners }: Partial<Pick<VirtualWorld, 'rendersEmails' | 'winners'>> = {},
): VirtualWorld {
  const versions = new VersionShelf();
  for (const { hash, journey } of Object.values(journeys)) versions.put(hash, journey);
  const asked = Object.entries(audiences).filter(([key]) => !key.startsWith('enrichment/'));
  const workspace: Workspace = {
    hash: '',
    settings,
    audiences: Object.fromEntries(asked),
    computedTraits: {},
    journeys,
    ...(tags === undefined ? {} : { tags }),
  };
  const publication = {
    ...{ id: 1, hash: workspace.hash, publishedAt: new Date(0), workspace },
    ...{ audienceChangedIn: {}, syncAddedIn: {}, enterExisting: [] },
  };
  const ofAccounts = Object.values(journeys).flatMap(({ journey }) => (journey.of === 'account' ? [journey] : []));
  const catalog = catalogOf(publication, ofAccounts);
  return { catalog, versions, settings, offers, rendersEmails, ...(winners && { winners }) };
}
