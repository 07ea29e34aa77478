import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Condition, Expression } from '../../src/core/condition.ts';
import { evaluate, evaluateExpression } from '../../src/core/evaluate.ts';
import type { Facts } from '../../src/core/facts.ts';
import {
  type ConditionExample,
  EXAMPLES_NOW,
  EXAMPLES_SETTINGS,
  type Example,
  type ValueExample,
} from '../../src/definitions/examples/example.ts';
import { FIRST_EXAMPLE } from '../../src/definitions/examples/groups.ts';
import { CONDITION_EXAMPLES } from '../../src/definitions/examples/index.ts';
import { SCORE_EXAMPLES, VALUE_EXAMPLES } from '../../src/definitions/examples/values.ts';
import { jsonSchemas } from '../../src/definitions/schema.ts';
import { millisecondsOf } from '../../src/definitions/schema-values.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { workspaceOf } from './folder.ts';

/** What the documentation shows of conditions, traits and scores is what they do. */
const CONDITIONS = [FIRST_EXAMPLE, ...CONDITION_EXAMPLES.flatMap(({ examples }) => examples)];
const VALUES = [...VALUE_EXAMPLES, ...SCORE_EXAMPLES];

describe.each(CONDITIONS)('$says $yaml', (example) => {
  test.each(example.holds)('holds for $who', async (somebody) => {
    const { condition, workspace } = await compiled(example);
    expect(evaluate(condition, factsOf(somebody, workspace), EXAMPLES_NOW).holds).toBe(true);
  });

  test.each(example.not)('does not hold for $who', async (somebody) => {
    const { condition, workspace } = await compiled(example);
    expect(evaluate(condition, factsOf(somebody, workspace), EXAMPLES_NOW).holds).toBe(false);
  });
});

describe.each(VALUES)('$says $yaml', (example) => {
  test.each(example.values)('is $is for $who.who', async ({ who, is, of = nameOf(example) }) => {
    const workspace = await workspaceOf({ 'settings.yaml': EXAMPLES_SETTINGS, 'a.yaml': example.yaml });
    const { value } = evaluateExpression(traitIn(workspace, of), factsOf(who, workspace), EXAMPLES_NOW);
    if (typeof is === 'number') expect(value).toBeCloseTo(is, 9);
    else expect(value).toEqual(is);
  });
});

test('every key of the schemas of conditions, traits and scores stands in an example', () => {
  const shown = new Set([...CONDITIONS, ...VALUES].flatMap(({ yaml }) => keysOf(parsed(yaml))));
  const { audience, trait, score } = jsonSchemas() as Record<'audience' | 'trait' | 'score', JsonSchema>;
  const known = new Set([audience, trait, score].flatMap(keysIn));
  // `same` asks for what a run was entered by, and nobody is on a run here.
  for (const name of ['audience', 'description', 'same']) known.delete(name);
  expect([...known].filter((name) => !shown.has(name))).toEqual([]);
});

async function compiled(example: ConditionExample): Promise<{ condition: Condition; workspace: Workspace }> {
  const indented = example.yaml.replaceAll('\n', '\n  ');
  const definition =
    example.inRun === true
      ? `journey: e\nenter: { event: X }\nsteps: [{ wait: 1h }]\nexit:\n  when:\n    ${indented.replaceAll('\n', '\n  ')}\n`
      : `audience: e\nof: ${example.of ?? 'people'}\nall:\n- ${indented}\n`;
  const workspace = await workspaceOf({ 'settings.yaml': EXAMPLES_SETTINGS, 'e.yaml': definition });
  const condition = workspace.audiences.e?.condition ?? workspace.journeys.e?.journey.exit.when;
  if (condition === undefined || condition === null) throw new Error('The example has no condition');
  return { condition, workspace };
}

function factsOf(
  { traits = {}, did = [], audiences, related, entered }: Example,
  { audiences: known }: Workspace,
): Facts {
  return {
    traits,
    events: did.map(([name, ago, properties = {}, person]) => ({
      name,
      at: before(ago),
      properties,
      ...(person !== undefined && { person }),
    })),
    audiences: new Set(audiences),
    ...(related !== undefined && {
      related: {
        total: related.total,
        inAudience: new Map(Object.keys(known).map((key) => [key, related.matching])),
      },
    }),
    ...(entered !== undefined && { enteredAt: before(entered) }),
  };
}

function before(ago: string): number {
  return EXAMPLES_NOW - millisecondsOf(ago);
}

function traitIn({ computedTraits }: Workspace, name: string): Expression {
  const computed = computedTraits[name];
  if (computed === undefined) throw new Error(`There is no ${name}`);
  return computed.expression;
}

function nameOf({ yaml }: ValueExample): string {
  return /^(?:trait|score): (\S+)/.exec(yaml)?.[1] ?? '';
}

function parsed(yaml: string): unknown[] {
  const documents = parseAllDocuments(yaml);
  return 'empty' in documents ? [] : documents.map((document) => document.toJS());
}

function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(keysOf);
  return Object.entries(value).flatMap(([key, part]) => [key, ...keysOf(part)]);
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly [key: string]: unknown;
}

/** The names of all properties anywhere in a schema. */
function keysIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if (Array.isArray(schema)) return schema.flatMap(keysIn);
  const { properties = {}, ...rest } = schema as JsonSchema;
  return [
    ...Object.keys(properties),
    ...Object.values(properties).flatMap(keysIn),
    ...Object.values(rest).flatMap(keysIn),
  ];
}
