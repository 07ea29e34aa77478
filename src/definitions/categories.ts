/**
 * The kinds of messages that people can refuse one by one.
 * @module
 */
import type { SubscriptionCategory, Workspace } from './workspace-types.ts';

/**
 * Those that the settings list, in their order; where they list none, those of the messages that journeys send and of what
 * they offer, by name. Sales tasks are not for the person, and receipts cannot be refused.
 */
export function categoriesOf({
  settings,
  journeys,
  offers = {},
}: Pick<Workspace, 'settings' | 'journeys' | 'offers'>): readonly SubscriptionCategory[] {
  if (settings.categories !== undefined) return settings.categories;
  const ofMessages = Object.values(journeys).flatMap(({ journey: { steps } }) =>
    Object.values(steps).flatMap((step) => {
      if (step.kind === 'in-app') return [step.template.category];
      return step.kind === 'email' && !step.template.transactional ? [step.template.category] : [];
    }),
  );
  const all = new Set([...ofMessages, ...Object.values(offers).map(({ category }) => category)]);
  return [...all].sort().map((category) => ({ category }));
}
