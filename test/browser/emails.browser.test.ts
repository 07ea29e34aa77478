import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RenderedEmail, renderEmail, renderInApp, renderSalesTask } from '../../src/channels/liquid.ts';
import type { JsonObject } from '../../src/core/condition.ts';
import type { Step } from '../../src/core/journey.ts';
import { checkedWorkspace } from '../kit/engine.ts';
import { faintTexts, LOOKS, openBrowser, overflow } from './browser.ts';

const common = {
  unsubscribeUrl: 'https://shop.example/u/token',
  journey: { key: 'journey' },
  now: '2024-05-03T09:00:00Z',
};
const known: JsonObject = {
  ...common,
  person: {
    ...{
      id: 'user_0042',
      email: 'maximiliane.schwarzenberger@shop.example',
      firstName: 'Maximiliane',
      plan: 'starter',
    },
    ...{ exports_last_30_days: 6, invites_sent_last_14_days: 2, premium_feature_attempts: 4, account_age_days: 123.44 },
    ...{ wanted_features: ['scheduled exports', 'single sign-on'], usage_ratio: 0.9, current_usage: 9, plan_limit: 10 },
    ...{ orders: 1, payment_failures_last_7_days: 2, platform: 'desktop', user_lifecycle: 'loyal' },
  },
  account: { name: 'Fjord & Sons', owner: 'nadia', seats: 8 },
  event: { name: 'Aurora noise-cancelling headphones', error: 'card_declined' },
};
const PEOPLE: readonly [string, JsonObject][] = [
  ['a person of whom everything is known', known],
  ['a person of whom only the id is known', { ...common, person: { id: 'user_0007' }, account: {}, event: {} }],
];

let browser: Browser;
let steps: readonly Step[];

beforeAll(async () => {
  browser = await openBrowser();
  const { journeys } = await checkedWorkspace('journeys');
  steps = Object.values(journeys).flatMap(({ journey }) => Object.values(journey.steps));
});
afterAll(async () => {
  await browser.close();
});

function emailsTo(variables: JsonObject): { key: string; email: RenderedEmail }[] {
  return steps.flatMap((step) =>
    step.kind === 'email' ? [{ key: step.template.key, email: renderEmail(step.template, variables) }] : [],
  );
}

describe.each(LOOKS)('on a $name', ({ options }) => {
  test.each(PEOPLE)('the shop’s emails to %s fit the screen and can be read', async (_who, variables) => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const emails = emailsTo(variables);
    expect(emails.length).toBeGreaterThan(4);
    for (const { key, email } of emails) {
      await page.setContent(email.html);
      expect([key, await overflow(page), await faintTexts(page)]).toEqual([key, 0, []]);
      expect(await page.getByRole('link', { name: 'Unsubscribe' }).getAttribute('href')).toBe(common.unsubscribeUrl);
    }
    await context.close();
  });
});

test.each(PEOPLE)('no text to %s has a hole where a value is missing', (_who, variables) => {
  const texts = steps.flatMap((step): string[] => {
    switch (step.kind) {
      case 'email': {
        const { subject, text } = renderEmail(step.template, variables);
        return [subject, text];
      }
      case 'in-app': {
        const { title, body, button } = renderInApp(step.template, variables);
        return [title, body, button?.label ?? ''];
      }
      case 'sales-task': {
        const { title, owner, brief } = renderSalesTask(step.template, variables);
        return [title, owner, brief];
      }
      default:
        return [];
    }
  });
  expect(texts.length).toBeGreaterThan(20);
  for (const text of texts) expect(text).not.toMatch(/\S {2}\S| [.,?!]|: +$|undefined|null|NaN|\b1 orders\b/m);
});
