import { expect, it } from 'vitest';
import { keywordForm, type TagTable, withTags } from '../../src/core/tags.ts';

const table = (...keywords: string[]): TagTable => ({
  key: 'features',
  events: ['Ticket'],
  text: ['subject', 'body', 'comments.text'],
  into: { features: 'features', tiers: 'tiers' },
  table: [
    { feature: 'audit', tier: 'enterprise', keywords },
    { feature: 'sso', tier: 'enterprise', keywords: ['SAML'] },
    { feature: 'export', keywords: ['csv'] },
  ],
});
const featuresOf = (body: string, ...keywords: string[]) => withTags([table(...keywords)], 'Ticket', { body }).features;

it.each([
  ['We need an Audit Log today', 'audit log', true],
  ['audit\n   LOG', 'audit log', true],
  ['auditlog', 'audit log', false],
  ['an audit, log', 'audit log', false],
  ['Our SIEM.', 'siem', true],
  ['SIEMs', 'SIEM', false],
  ['a_siem', 'SIEM', false],
  ['(siem)', 'SIEM', true],
  ['Prüfprotokolle', 'prüfprotokoll', false],
  ['ein PRÜFPROTOKOLL!', 'prüfprotokoll', true],
  ['Pru\u0308fprotokoll', 'prüfprotokoll', true],
  ['cafe\u0301s', 'caf', false],
  ['журнал аудита', 'Журнал', true],
  ['監査ログが必要', '監査ログ', true],
  ['SIEM対応', 'SIEM', true],
  ['C++ and C#', 'c++', true],
  ['C++x', 'c++', true],
  ['a.b', 'a.b', true],
  ['axb', 'a.b', false],
  ['50% off [beta]', '[beta]', true],
  ['under_score', 'score', false],
  ['ＳＩＥＭ', 'siem', true],
  ['', 'siem', false],
])('%j has %j: %s', (text, keyword, found) => {
  expect(featuresOf(text, keyword)).toEqual(found ? ['audit'] : []);
});

it('features and tiers come in the order of the table, each once, from every text', () => {
  const properties = { subject: 'SAML', body: 'csv', comments: [{ text: 'the audit log' }, { text: 'saml' }], id: 7 };
  expect(withTags([table('audit log')], 'Ticket', properties)).toEqual({
    ...properties,
    features: ['audit', 'sso', 'export'],
    tiers: ['enterprise'],
  });
});

it('what the sender wrote there does not stay, and other events are left as they are', () => {
  const properties = { body: 'nothing', features: ['all'], tiers: 1 };
  expect(withTags([table('x')], 'Ticket', properties)).toEqual({ body: 'nothing', features: [], tiers: [] });
  expect(withTags([table('x')], 'Opened', properties)).toBe(properties);
});

it('texts that are none are as good as absent', () => {
  expect(withTags([table('x')], 'Ticket', { subject: 5, body: null, comments: { text: ['x', 3] } }).features).toEqual([
    'audit',
  ]);
});

it('alike are keywords that find the same', () => {
  expect(keywordForm('  Audit \n LOG ')).toBe(keywordForm('audit log'));
});
