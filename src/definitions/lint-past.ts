/**
 * What a value was some time ago is known of events alone: traits, memberships and relations are known as they are now.
 * @module
 */
import type { Expression } from '../core/condition.ts';
import { interestOfExpressions } from '../core/interest.ts';
import type { Milliseconds } from '../core/time.ts';
import { durationText } from './schema-values.ts';
import type { Say, Scope } from './scope.ts';

/**
 * Says so where the value has no past, or one that is longer than events are kept.
 * @param who `growth` or `ago`
 */
export function checkPast(of: Expression, by: Milliseconds, who: string, say: Say, { keepHistory }: Scope): void {
  const { traits, audiences, related, reach } = interestOfExpressions([of]);
  // Days of the calendar look at the time zone, which is as good as fixed.
  const [trait] = [...traits].filter((name) => name !== 'timezone' && !hasLonger(name, traits));
  const [audience] = [...audiences, ...related];
  const fix = 'Take a trait that is computed from events, such as `count` or `people`';
  if (trait !== undefined) say(`${who} looks at what was, and the stored trait \`${trait}\` has no past`, fix);
  else if (audience !== undefined) say(`${who} looks at what was, and who is where is known as of now only`, fix);
  else if (keepHistory !== undefined && by + (Number.isFinite(reach) ? reach : 0) > keepHistory) {
    const [wanted, kept] = [by + (Number.isFinite(reach) ? reach : 0), keepHistory].map((one) =>
      durationText(one, 'long'),
    );
    say(
      `This looks back ${wanted}, and events are kept for ${kept}`,
      'Shorten it, or raise `keepHistory` in the settings',
    );
  }
}

/** Of `account` and `account.seats` the longer one says more. */
function hasLonger(name: string, names: ReadonlySet<string>): boolean {
  return [...names].some((other) => other.startsWith(`${name}.`));
}
