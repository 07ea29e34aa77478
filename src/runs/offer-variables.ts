/**
 * What templates see of an offer: its own texts are Liquid, too, and are written out first.
 * @module
 */
import { renderLiquid } from '../channels/liquid.ts';
import type { JsonObject } from '../core/condition.ts';
import type { Channel } from '../core/journey.ts';
import type { Offer, Offered } from '../core/offer.ts';

/** @param channel whose text is shown; a webhook has none */
export function offerVariables(
  { key, title, category, incentive, link, texts }: Offer,
  { value, propensity }: Offered,
  channel: Channel,
  variables: JsonObject,
): JsonObject {
  const written = (text: string | undefined) => (text === undefined ? null : renderLiquid(text, variables));
  return {
    key,
    category,
    value,
    propensity,
    title: written(title),
    incentive: written(incentive),
    link: written(link),
    text: channel === 'webhook' ? null : written(texts[channel]),
  };
}
