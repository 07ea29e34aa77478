import { describe, expect, test } from 'vitest';
import { compileDraft } from '../../src/definitions/compile-draft.ts';
import { formatProblem } from '../../src/definitions/problems.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { type Files, LANGUAGE_SETTINGS, workspaceOf } from './folder.ts';

const load = (files: Files): Promise<Workspace> => workspaceOf({ 'settings.yaml': LANGUAGE_SETTINGS, ...files });

const ACTIVE = { kind: 'events', events: { names: ['X'], where: [] }, times: { atLeast: 1 } };
const BIG = `audience: big\nof: accounts\ntrait: licensed\natLeast: 50\n`;

function hiddenIn({ audiences }: Workspace): readonly string[] {
  return Object.values(audiences).flatMap(({ key, hidden }) => (hidden === true ? [key] : []));
}

describe('what is asked of related profiles', () => {
  test('is an audience of their kind that nobody lists', async () => {
    const workspace = await load({ 'a.yaml': 'audience: a\naccount: { event: X }\n' });
    const [key = ''] = hiddenIn(workspace);
    expect(key).toMatch(/^accounts-[0-9a-f]{8}$/);
    expect(workspace.audiences.a).toMatchObject({
      of: 'person',
      condition: { kind: 'related', audience: key, times: { atLeast: 1 } },
    });
    expect(workspace.audiences[key]).toEqual({
      key,
      of: 'account',
      hidden: true,
      description: 'X',
      condition: ACTIVE,
      hash: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  test('is one and the same audience wherever the same is asked of the same kind', async () => {
    const workspace = await load({
      'a.yaml': 'audience: a\naccount: { event: X }\n',
      'b.yaml': 'audience: b\naccounts: { that: { event: X }, howMany: all }\n',
      'c.yaml': 'audience: c\nof: accounts\npeople: { that: { event: X }, howMany: { atLeast: 2, atMost: 4 } }\n',
      'd.yaml': 'trait: d\nof: accounts\npeople: { that: { event: X } }\n',
      'e.yaml':
        'journey: e\nenter: { event: X }\ngoal: { account: { event: X } }\nexit: { when: { account: { event: Y } } }\nsteps: [{ wait: 1h }]\n',
    });
    const { audiences, computedTraits, journeys } = workspace;
    expect(hiddenIn(workspace)).toHaveLength(3);
    const [ofA, ofB, ofC] = ['a', 'b', 'c'].map((key) => audiences[key]?.condition);
    expect(ofB).toEqual({ ...ofA, times: 'all' });
    expect(ofC).toMatchObject({ kind: 'related', times: { atLeast: 2, atMost: 4 } });
    const asked = ofC?.kind === 'related' ? ofC.audience : '';
    expect(asked).toMatch(/^people-/);
    expect(computedTraits.d?.expression).toEqual({ kind: 'related', audience: asked });
    expect(journeys.e?.journey.goal).toEqual(ofA);
  });

  test('is an audience with a name where one is named', async () => {
    const workspace = await load({
      'a.yaml': 'audience: a\naccounts: { audience: big, howMany: { exactly: 0 } }\n',
      'b.yaml': BIG,
      'c.yaml': 'audience: c\naccount: { audience: big }\n---\ntrait: t\naccounts: { audience: big }\n',
    });
    expect(hiddenIn(workspace)).toEqual([]);
    const { audiences, computedTraits } = workspace;
    expect(audiences.a?.condition).toEqual({ kind: 'related', audience: 'big', times: { atLeast: 0, atMost: 0 } });
    expect(audiences.c?.condition).toEqual({ kind: 'related', audience: 'big', times: { atLeast: 1 } });
    expect(audiences.big).toMatchObject({ of: 'account', condition: { of: { kind: 'trait', path: 'licensed' } } });
    expect(computedTraits.t?.expression).toEqual({ kind: 'related', audience: 'big' });
  });

  test('may ask back', async () => {
    const yaml = 'audience: a\naccount: { people: { that: { trait: vip, is: true }, howMany: { atLeast: 2 } } }\n';
    const workspace = await load({ 'a.yaml': yaml });
    expect(hiddenIn(workspace).map((key) => key.split('-')[0])).toEqual(['people', 'accounts']);
  });

  test('changes the hash of what asks, through hidden audiences, too', async () => {
    const files = (seats: number) => ({
      'a.yaml': 'audience: a\naccount: { all: [{ audience: big }, { event: X }] }\n',
      'b.yaml': BIG.replace('50', String(seats)),
      'c.yaml': 'audience: c\nevent: X\n',
    });
    const [before, after] = [await load(files(50)), await load(files(60))];
    expect(hiddenIn(after)).toEqual(hiddenIn(before));
    expect(after.audiences.a?.hash).not.toBe(before.audiences.a?.hash);
    expect(after.audiences.c?.hash).toBe(before.audiences.c?.hash);
  });
});

test('a trait of all related profiles counts them', async () => {
  const { computedTraits } = await load({
    'a.yaml': 'trait: a\naccounts: all\n---\ntrait: b\nof: accounts\npeople: all\n',
  });
  expect(computedTraits).toEqual({
    a: { key: 'a', of: 'person', expression: { kind: 'related', audience: null } },
    b: { key: 'b', of: 'account', expression: { kind: 'related', audience: null } },
  });
});

describe('a draft', () => {
  const PUBLISHED = {
    'a.yaml': 'audience: a\naccount: { event: X }\n',
    'b.yaml': BIG,
    'c.yaml': 'trait: uses\nof: accounts\ncount: { event: X }\n',
    'd.yaml': 'score: s\nsignals: [{ signal: x, weight: 1, event: X }]\nbands: { hot: 3 }\n',
  };

  test('comes with what it is of, and with the audiences of its making that are not published', async () => {
    const workspace = await load(PUBLISHED);
    const draft = compileDraft(
      'audience: d\nall: [{ account: { event: X } }, { account: { event: Y } }, { account: { audience: big } }]\n',
      workspace,
    );
    if ('problems' in draft) throw new Error(draft.problems.map(formatProblem).join('\n'));
    expect(draft.of).toBe('person');
    const asked = draft.condition.kind === 'all' ? draft.condition.of : [];
    const keys = asked.map((part) => (part.kind === 'related' ? part.audience : ''));
    expect(keys).toEqual([hiddenIn(workspace)[0], expect.stringMatching(/^accounts-/), 'big']);
    expect(Object.keys(draft.hidden)).toEqual([keys[1]]);
    expect(draft.hidden[keys[1] ?? '']).toMatchObject({ of: 'account', hidden: true });
  });

  test('may be of accounts, and names their traits and scores', async () => {
    const workspace = await load(PUBLISHED);
    const draft = compileDraft(
      'audience: d\nof: accounts\nall: [{ trait: uses, atLeast: 3 }, { trait: licensed, above: 1 }, { people: { that: { trait: s.band, is: hot } } }]',
      workspace,
    );
    expect(draft).toMatchObject({
      of: 'account',
      condition: { of: [{ of: { fn: 'count' } }, { of: { path: 'licensed' } }, { kind: 'related' }] },
    });
  });

  test('is told what is wrong with it as a file would be', async () => {
    const workspace = await load(PUBLISHED);
    const text = `audience: d
all:
  - { trait: uses, atLeast: 3 }
  - { trait: s.bnd, is: hot }
  - { trait: seats, is: many }
  - { audience: bigg }
  - { audience: ${hiddenIn(workspace)[0]} }
`;
    const draft = compileDraft(text, workspace);
    expect('problems' in draft ? draft.problems.map(formatProblem) : []).toEqual([
      'draft.yaml:3:14  The trait `uses` is of accounts, and this is about people. Ask it of the account: `account: { trait: uses, … }`.',
      'draft.yaml:4:14  The score `s` has no `bnd`. Did you mean `s.band`?',
      'draft.yaml:5:25  The trait `seats` is a number, and "many" is none.',
      'draft.yaml:6:17  There is no audience `bigg`. Did you mean `big`?',
      expect.stringMatching(/^draft\.yaml:7:17 {2}There is no audience `accounts-/),
    ]);
  });
});
