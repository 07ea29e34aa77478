/**
 * What a value was some time ago is known of events alone: traits, memberships and relations are known as they are now.
 * @module
 */
import type { Expression } from '../core/condition.ts';
import { interestOfExpressions } from '../core/interest.ts';
import { DAY, HOUR, type Milliseconds } from '../core/time.ts';
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
  else checkKept(by + (Number.isFinite(reach) ? reach : 0), keepHistory, say);
}

/** Says so where events are looked back at for longer than they are kept. */
export function checkKept(window: Milliseconds, kept: Milliseconds | undefined, say: Say): void {
  if (kept === undefined || window <= kept) return;
  const message = `This looks back ${spanText(window)}, and events are kept for ${spanText(kept)}`;
  say(message, 'Shorten it, or raise `keepHistory` in the settings');
}

function spanText(span: Milliseconds): string {
  const [unit, name] = span >= DAY ? [DAY, 'day'] : [HOUR, 'hour'];
  const amount = Number((span / unit).toFixed(1));
  return `${amount} ${name}${amount === 1 ? '' : 's'}`;
}

/** Of `account` and `account.seats` the longer one says more. */
function hasLonger(name: string, names: ReadonlySet<string>): boolean {
  return [...names].some((other) => other.startsWith(`${name}.`));
}
