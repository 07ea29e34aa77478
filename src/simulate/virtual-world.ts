/**
 * What all lives in virtual time share: a workspace as if it had always been in force, indexed once.
 * @module
 */
import type { Settings, Workspace } from '../definitions/workspace-types.ts';
import type { Applying } from '../process/apply.ts';
import { catalogOf } from '../process/catalog.ts';
import { VersionShelf } from '../runs/version-shelf.ts';

/** Only what lives need of a workspace. */
export type LivedWorkspace = Pick<Workspace, 'audiences' | 'journeys' | 'tags' | 'settings'>;

export interface VirtualWorld extends Applying {
  readonly settings: Settings;
  /** Emails are what takes longest to write. */
  readonly rendersEmails: boolean;
}

/** Nobody is asked about anybody: audiences that only enrichments look at are left out. */
export function virtualWorld(
  { audiences, journeys, tags, settings }: LivedWorkspace,
  { rendersEmails = false } = {},
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
  return { catalog, versions, settings, rendersEmails };
}
