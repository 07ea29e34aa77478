/**
 * What a run does next as far as that is certain before anything is looked up.
 * @module
 */
import { deadlineOf } from './ending.ts';
import type { Journey, Step, StepId } from './journey.ts';
import type { Cursor } from './run.ts';
import { stepOf } from './standing-at.ts';
import type { Instant } from './time.ts';

/** A delivery that comes next whichever way the run goes, unless it ends or the message is refused. */
export interface DeliveryAhead {
  readonly channel: 'email' | 'webhook';
  /** Which message that may be, for people to see. */
  readonly summary: string;
}

/**
 * The delivery that comes once the wait of `cursor` is over in time, or at once where it waits for nothing; null where it
 * depends on what is true then.
 */
export function deliveryAhead(journey: Journey, cursor: Cursor, enteredAt: Instant): DeliveryAhead | null {
  if (cursor.phase === 'delivering') return null;
  if (cursor.phase === 'waiting' && cursor.until >= deadlineOf(journey, enteredAt)) return null;
  const isDecidedAnew = cursor.phase === 'ready' || cursor.hold !== undefined;
  const from = isDecidedAnew ? cursor.step : afterWaiting(journey, cursor.step);
  const reached = deliveriesFrom(journey, from);
  const [first] = reached ?? [];
  if (reached === null || first === undefined) return null;
  if (reached.some(({ kind }) => kind !== first.kind)) return null;
  const names = [...new Set(reached.map((step) => (step.kind === 'email' ? step.template.key : step.id)))];
  return { channel: first.kind, summary: `${first.kind} ${names.join(' or ')}` };
}

function afterWaiting(journey: Journey, id: StepId | null): StepId | null {
  const step = id === null ? null : stepOf(journey, id);
  if (step?.kind === 'wait') return step.next;
  return step?.kind === 'wait-until' ? step.onTimeout : null;
}

type Delivery = Extract<Step, { kind: 'email' | 'webhook' }>;

/** Null where there is a way that does not come to a delivery before anything else that takes time. */
function deliveriesFrom(journey: Journey, id: StepId | null): readonly Delivery[] | null {
  if (id === null) return null;
  const step = stepOf(journey, id);
  switch (step.kind) {
    case 'email':
    case 'webhook':
      return [step];
    case 'in-app':
    case 'sales-task':
    case 'set-trait':
      return deliveriesFrom(journey, step.next);
    case 'branch':
      return onEveryWay(journey, [...step.branches.map(({ then }) => then), step.otherwise]);
    case 'offer':
      return onEveryWay(journey, [step.next, step.none]);
    case 'split':
      return onEveryWay(
        journey,
        step.ways.map(({ then }) => then),
      );
    case 'experiment':
      return onEveryWay(
        journey,
        step.variants.map(({ then }) => then),
      );
    default:
      return null;
  }
}

function onEveryWay(journey: Journey, ways: readonly (StepId | null)[]): readonly Delivery[] | null {
  const reached: Delivery[] = [];
  for (const way of ways) {
    const deliveries = deliveriesFrom(journey, way);
    if (deliveries === null) return null;
    reached.push(...deliveries);
  }
  return reached;
}
