import { expect, it } from 'vitest';
import { DAY, SECOND } from '../../src/core/time.ts';
import { messagesOf, SETTINGS, workspaceOf } from './folder.ts';

const settings = SETTINGS.replace('{ name: string }', '{ name: string, domain: string, headcount: number }');
const ENRICHMENT = `enrichment: company-size
of: accounts
url: https://api.example.com/companies/{{ account.domain }}?key={{ secret.acme }}
when: { trait: name, exists: true }
fields: { headcount: $.company.employees }
`;
const files = (text: string) => ({ 'settings.yaml': settings, 'e.yaml': text });

it('compiles, with a hidden audience of those that have what the address names', async () => {
  const { enrichments, audiences } = await workspaceOf(files(ENRICHMENT));
  expect(enrichments).toEqual([
    {
      ...{ key: 'company-size', of: 'account', audience: 'enrichment/company-size' },
      url: 'https://api.example.com/companies/{{ account.domain }}?key={{ secret.acme }}',
      ...{ headers: {}, named: ['domain'], fields: { headcount: 'company.employees' } },
      ...{ refresh: 30 * DAY, timeout: 10 * SECOND, attempts: 5, notFound: 'keep' },
    },
  ]);
  expect(audiences['enrichment/company-size']).toMatchObject({
    ...{ of: 'account', hidden: true },
    condition: { kind: 'all', of: [{ of: { path: 'name' } }, { of: { path: 'domain' }, test: { op: 'exists' } }] },
  });
});

it('of people the address may name their account, too', async () => {
  const text = ENRICHMENT.replace('accounts', 'people')
    .replace('trait: name', 'trait: plan')
    .replace('headcount', 'plan');
  const { enrichments } = await workspaceOf(files(text));
  expect(enrichments?.[0]).toMatchObject({ of: 'person', named: ['account'] });
});

it.each([
  [
    'a host that is not fixed',
    ENRICHMENT.replace('api.example.com', '{{ account.domain }}'),
    ['e.yaml:3:6  The host of the address is not fixed. Let Liquid stand in the path or after `?` only.'],
  ],
  [
    'a trait that is not declared',
    ENRICHMENT.replace('headcount:', 'headcont:'),
    ['e.yaml:5:21  There is no trait `headcont` to set. Did you mean `headcount`?'],
  ],
  [
    'an unknown trait in the address',
    ENRICHMENT.replace('account.domain', 'account.domian'),
    ['e.yaml:3:43  Accounts have no trait `domian`. Did you mean `account.domain`?'],
  ],
  [
    'a person, where it is about accounts',
    ENRICHMENT.replace('account.domain', 'person.plan'),
    ['e.yaml:3:6  An enrichment has no `person` here. There is `account` and `secret`.'],
  ],
  [
    'a path that is none',
    ENRICHMENT.replace('$.company.employees', '$..employees'),
    ['e.yaml:5:22  `headcount` must be a path into the answer, such as `$.company.employees`, not "$..employees".'],
  ],
  ['no fields', ENRICHMENT.replace(/fields.*/, 'fields: {}'), ['e.yaml:5:9  `fields` must name at least one trait.']],
  [
    'a condition about what accounts do not have',
    ENRICHMENT.replace('trait: name', 'trait: plan'),
    [expect.stringMatching(/^e\.yaml:4:16 {2}The trait `plan` is of people/)],
  ],
])('%s is refused with file and line', async (_, text, messages) => {
  expect(await messagesOf(files(text))).toEqual(messages);
});
