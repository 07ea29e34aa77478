import { expect, test } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import type { Persona } from '../../src/simulate/persona.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import { T0 } from '../core/build.ts';
import { workspaceOf } from '../definitions/folder.ts';

test('a persona enters audiences of people with a name, and nothing of accounts', async () => {
  const workspace = await workspaceOf({
    'a.yaml': `audience: starters
event: Started
---
audience: busy
of: accounts
event: Started
---
audience: alone
not: { account: { people: { that: { event: Started } } } }
---
journey: j
enter: { event: Started }
steps: [{ wait: 1h }]
`,
  });
  const persona: Persona = {
    userId: 'ada',
    start: T0,
    traits: {},
    events: [{ event: 'Started', at: { after: DAY }, properties: {} }],
  };
  const { audiences } = simulate({ workspace, journey: 'j', persona, heldOut: false });
  expect(audiences.map(({ audience, entered }) => [audience, entered])).toEqual([
    ['alone', true],
    ['starters', true],
  ]);
});
