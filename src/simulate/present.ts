/**
 * People and accounts as they are at an instant, with runs under way: what a life in virtual time goes on from.
 * @module
 */
import type { Sent } from '../core/caps.ts';
import type { StepId } from '../core/journey.ts';
import type { Offered } from '../core/offer.ts';
import type { Instant } from '../core/time.ts';
import type { Wishes } from '../core/wishes.ts';
import type { Profile } from '../process/profile.ts';
import type { Run } from '../runs/enter.ts';
import type { Held } from '../runs/held-runs.ts';

export interface Present {
  readonly at: Instant;
  /** The one that is asked about first. */
  readonly profiles: readonly [PresentProfile, ...PresentProfile[]];
  /** Who of them belongs to which account of them. */
  readonly ties: readonly Tied[];
  /** Those of them whose people, or accounts, are all among them. */
  readonly complete: ReadonlySet<number>;
}

export interface Tied {
  readonly person: number;
  readonly account: number;
  readonly joinedAt: Instant;
}

export interface PresentProfile {
  /** Changed as the life goes on. */
  readonly profile: Profile;
  /** What counts against caps. */
  readonly sent: Sent[];
  /** Likewise of all people of its account, who share it; absent where no cap asks. */
  readonly sentInAccount?: Sent[] | undefined;
  readonly wishes: Wishes;
  /** What experiments gave: variants by experiment, by journey. */
  readonly variants: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** What the runs have picked, oldest first. */
  readonly offered: readonly (Offered & { readonly run: string })[];
  /** Those under way. */
  readonly runs: readonly PresentRun[];
}

export interface PresentRun {
  /** One of its profile's. */
  readonly run: Run;
  /** Its journey is paused, and stays so. */
  readonly isPaused: boolean;
  /** Its journey is paused, and counts as resumed now. */
  readonly isResumed: boolean;
  /** It came due during a pause. */
  readonly held: Held | null;
  /** What the person has put away: `template:…`, `offer:…`. */
  readonly dismissed: readonly string[];
  /** By step: what another run of the same person had sent there. */
  readonly sentBefore: ReadonlyMap<StepId, string>;
}
