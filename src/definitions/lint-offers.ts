/**
 * Texts that name an offer where none can have been picked, or one that has no text for their channel.
 * @module
 */
import type { Journey, Step, StepId } from '../core/journey.ts';
import type { Offer, OfferChannel } from '../core/offer.ts';
import { followersOf } from '../core/reachable.ts';
import { namesOfferPart } from './liquid.ts';
import type { Path } from './source.ts';

type Say = (path: Path, message: string, fix?: string) => void;

/** @param placed the journey's steps in the order in which they are written */
export function lintOffers(
  journey: Journey,
  placed: readonly { readonly id: StepId; readonly path: Path }[],
  say: Say,
): void {
  const offeredAt = offersBefore(journey);
  for (const { id, path } of placed) {
    const step = journey.steps[id];
    if (step === undefined || !('offering' in step)) continue;
    const offers = offeredAt.get(id);
    if (offers === undefined) continue;
    const at = [...path, step.kind];
    if (offers.size === 0) {
      const what = 'template' in step ? `The template \`${step.template.key}\`` : 'The webhook';
      say(at, `${what} names \`offer\`, and no offer is picked before it`, 'Put a step such as `offer: any` before it');
    }
    lintTexts(step, offers, (message, fix) => say(at, message, fix));
  }
}

function lintTexts(step: Step, offers: ReadonlySet<Offer>, say: (message: string, fix: string) => void): void {
  if (!('template' in step)) return;
  const channel: OfferChannel = step.kind;
  const texts = Object.values(step.template).filter((part) => typeof part === 'string');
  if (!texts.some((text) => namesOfferPart(text, 'text'))) return;
  const without = [...offers].filter(({ texts: { [channel]: text } }) => text === undefined).map(({ key }) => key);
  for (const key of without.sort()) {
    const message = `The template \`${step.template.key}\` shows \`offer.text\`, and the offer \`${key}\` has none for this channel`;
    say(message, `Add \`texts: { ${channel}: … }\` to it`);
  }
}

/** By step: what may have been picked on the ways to it. Steps that nobody reaches have no entry. */
function offersBefore({ first, steps }: Journey): ReadonlyMap<StepId, ReadonlySet<Offer>> {
  const before = new Map<StepId, Set<Offer>>();
  const reach = (id: StepId | null, offers: ReadonlySet<Offer>): void => {
    if (id === null) return;
    const known = before.get(id);
    if (known !== undefined && [...offers].every((offer) => known.has(offer))) return;
    const now = new Set([...(known ?? []), ...offers]);
    before.set(id, now);
    const step = steps[id];
    if (step === undefined) return;
    for (const { to, offers: then } of waysOn(step, now)) reach(to, then);
  };
  reach(first, new Set());
  return before;
}

function waysOn(step: Step, offers: ReadonlySet<Offer>): readonly { to: StepId | null; offers: ReadonlySet<Offer> }[] {
  if (step.kind !== 'offer') return followersOf(step).map((to) => ({ to, offers }));
  return [
    { to: step.next, offers: new Set(step.offers) },
    { to: step.none, offers },
  ];
}
