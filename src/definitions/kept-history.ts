/**
 * Where events are kept for a time only, every question has an end it looks back to: what is older is gone one day, and
 * nobody may enter or leave an audience because of that.
 * @module
 */
import type { EventFilter, Sequence } from '../core/condition.ts';
import type { Milliseconds } from '../core/time.ts';
import { checkKept } from './lint-past.ts';
import { durationText } from './schema-values.ts';
import type { Say } from './scope.ts';

/** The filter with an end: `ever` is as long as events are kept. Says so where an anchor may be older than that. */
export function boundedFilter(filter: EventFilter, kept: Milliseconds | undefined, say: Say): EventFilter {
  if (kept === undefined || filter.since === 'entry') return filter;
  if (filter.since === undefined)
    return filter.within === undefined && filter.days === undefined ? { ...filter, within: kept } : filter;
  if (filter.since.which === 'first') {
    const message = `Events are kept for ${durationText(kept, 'long')}, so which was the first is not known for ever`;
    say(message, 'Use `last`, or take `keepHistory` out of the settings');
  } else if (filter.upTo === undefined || filter.within === undefined) {
    const message = `The event it counts from may be older than the ${durationText(kept, 'long')} that events are kept`;
    say(message, 'Add `upTo` and `within`');
  } else checkKept(filter.upTo + filter.within, kept, say);
  return filter;
}

/** Says so where the first event of the sequence may be older than events are kept. */
export function checkSequenceKept(sequence: Sequence, kept: Milliseconds | undefined, say: Say): void {
  if (kept === undefined || sequence.since === 'entry') return;
  const [, ...later] = sequence.steps;
  const spans = [sequence.within, ...later.map(({ within }) => within), sequence.thenNot?.within ?? 0];
  if (spans.every((span) => span !== undefined)) {
    // One that is too long alone was reported where it stands.
    if (spans.every((span) => span <= kept))
      checkKept(
        spans.reduce((sum, span) => sum + span, 0),
        kept,
        say,
      );
    return;
  }
  const message = `This sequence may begin before the ${durationText(kept, 'long')} that events are kept`;
  say(message, 'Add `within` to it and to every event after the first');
}

/** Says so where what is new could not be told from what was forgotten. */
export function checkNewKept(kept: Milliseconds | undefined, say: Say): void {
  if (kept === undefined) return;
  const message = `What is new shows beside everything before, and events are kept for ${durationText(kept, 'long')}`;
  say(message, 'Use `uniqueCount` or `uniqueList`, or take `keepHistory` out of the settings');
}
