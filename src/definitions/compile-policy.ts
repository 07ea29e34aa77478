/**
 * What a journey says of itself beside what people on it meet.
 * @module
 */
import type { JourneyFile } from './schema-journey.ts';
import { millisecondsOf, rateOf } from './schema-values.ts';
import type { JourneyPolicy } from './workspace-types.ts';

/** Undefined where all is as usual. */
export function policyOf({ status, whilePaused, resume }: JourneyFile): JourneyPolicy | undefined {
  const policy: JourneyPolicy = {
    ...((status === 'draft' || status === 'archived') && { status }),
    ...(whilePaused === 'refuse' && { refusesWhilePaused: true }),
    ...(resume !== undefined && { resumption: resumptionOf(resume) }),
  };
  return Object.keys(policy).length === 0 ? undefined : policy;
}

/** As the file has it, or the command line. */
export function resumptionOf({
  rate,
  stale,
}: NonNullable<JourneyFile['resume']>): NonNullable<JourneyPolicy['resumption']> {
  return {
    ...(rate !== undefined && { rate: rateOf(rate) }),
    ...(stale !== undefined && { staleAfter: stale === 'never' ? null : millisecondsOf(stale) }),
  };
}
