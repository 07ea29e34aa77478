import { expect, it } from 'vitest';
import { messagesOf, workspaceOf } from './folder.ts';

const TAGS = `tags: support-features
event: Support Ticket Created
text: [subject, body]
table:
  - { feature: audit-log, tier: enterprise, keywords: [audit log, "SIEM"] }
  - { feature: exports, keywords: [csv] }
`;

it('compiles to a table that the engine reads', async () => {
  const { tags } = await workspaceOf({ 'tags.yaml': TAGS });
  expect(tags).toEqual([
    {
      key: 'support-features',
      events: ['Support Ticket Created'],
      text: ['subject', 'body'],
      into: { features: 'features', tiers: 'tiers' },
      table: [
        { feature: 'audit-log', tier: 'enterprise', keywords: ['audit log', 'SIEM'] },
        { feature: 'exports', keywords: ['csv'] },
      ],
    },
  ]);
});

it.each([
  ['no keyword', TAGS.replace('[csv]', '[]'), ['tags.yaml:6:35  `keywords` must hold at least one word.']],
  ['an empty keyword', TAGS.replace('[csv]', "[csv, ' ']"), ['tags.yaml:6:41  `keywords` must be some text, not " ".']],
  ['a keyword that is a number', TAGS.replace('[csv]', '[365]'), ['tags.yaml:6:36  `keywords` must be text, not 365.']],
  [
    'a keyword twice',
    TAGS.replace('[csv]', '[csv, Audit  LOG]'),
    ['tags.yaml:6:41  `Audit  LOG` stands for `audit-log` already. Keep it in one place.'],
  ],
  [
    'a keyword twice in one row',
    TAGS.replace('[csv]', '[csv, CSV]'),
    ['tags.yaml:6:41  `CSV` stands twice. Keep it in one place.'],
  ],
  [
    'a feature twice',
    TAGS.replace('exports', 'audit-log'),
    ['tags.yaml:6:16  The feature `audit-log` stands in the table twice. Join the two.'],
  ],
  ['nothing to look at', TAGS.replace('text: [subject, body]\n', ''), ['tags.yaml:1:1  `text` is missing.']],
  [
    'one property for both',
    `${TAGS}tiers: features\n`,
    ['tags.yaml:7:8  Features and tiers would be one property `features`. Give one of them another name.'],
  ],
  [
    'two that write the same property',
    `${TAGS}---\n${TAGS.replace('support-features', 'others')}tiers: otherTiers\n`,
    [
      'tags.yaml:8:7  `others` and `support-features` both write `features` of `Support Ticket Created`. Name another property; the first is in tags.yaml.',
    ],
  ],
  ['a misspelt key', TAGS.replace('text:', 'texts:'), ['tags.yaml:3:1  Unknown key `texts`. Did you mean `text`?']],
])('%s is refused with file and line', async (_, text, messages) => {
  const said = await messagesOf({ 'tags.yaml': text });
  expect(said.filter((message) => !message.includes('is missing') || messages.includes(message))).toEqual(messages);
});

it('conditions may ask for tags of an event whose plan allows nothing else', async () => {
  const plan = `plan: shop
events:
  Support Ticket Created: { required: { subject: string }, others: no }
`;
  const asks = (property: string) => ({
    ...{ 'tags.yaml': TAGS, 'plan.yaml': plan },
    'a.yaml': `audience: a\nevent: Support Ticket Created\nwhere: { ${property}: { contains: audit-log } }\n`,
  });
  expect(await messagesOf(asks('features'))).toEqual([]);
  expect(await messagesOf(asks('featurs'))).toEqual([expect.stringContaining('Did you mean `features`?')]);
});
