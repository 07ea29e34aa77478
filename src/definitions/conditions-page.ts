/**
 * The page about conditions, traits and scores: an example of everything, and the keys from the schemas. `docs/conditions.md`
 * is this page; its test fails where the two differ.
 * @module
 */
import type { ConditionExample, Example, ExampleSection, ValueExample } from './examples/example.ts';
import { FIRST_EXAMPLE } from './examples/groups.ts';
import { CONDITION_EXAMPLES } from './examples/index.ts';
import { SCORE_EXAMPLES, VALUE_EXAMPLES } from './examples/values.ts';
import { jsonSchemas, type Kind } from './schema.ts';
import { code, type Definitions, type JsonSchema, rowsOf, section, table } from './schema-tables.ts';

const HEAD = `# Conditions

A condition is a question about somebody that is true or false at any moment. Audiences, branches, waits, goals and exits all
ask in this one language. People enter and leave an audience the moment its condition turns, be it by something they do or by
time going by.

Every example here is run by the project's tests: it holds for those after **yes**, and does not for those after **no**. All
keys with their types are in the [reference](reference.md#conditions). This page is made by
\`src/definitions/conditions-page.ts\`; \`npm test -- test/docs/conditions.test.ts -u\` writes it anew.
`;

const NAMED = 'audience: stalled-trials\ndescription: On trial for two days, and no project yet\n';

const TRAITS = `A trait that is reckoned out, from events or from other traits, and then used like any other. It changes by itself, also by
time going by.`;

const SCORES = `A score adds up points: of events, as long as they are young, and of conditions, while they hold. Use it like a trait;
\`<score>.band\` is the name of the band it is in, \`<score>.propensity\` its share of \`outOf\`, \`<score>.expected\` that share of \`value\`.`;

/** The page as Markdown. */
export function conditionsPage(): string {
  const schemas = jsonSchemas() as Record<Kind, JsonSchema>;
  const defs = schemas.journey.$defs ?? {};
  return [
    HEAD,
    `${conditionExample({ ...FIRST_EXAMPLE, yaml: `${NAMED}${FIRST_EXAMPLE.yaml}` })}\n`,
    ...CONDITION_EXAMPLES.map((one) => section(`## ${one.title}`, conditionSection(one, defs))),
    section('## Computed traits', [TRAITS, ...VALUE_EXAMPLES.map(valueExample)].join('\n\n')),
    section('## Scores', [SCORES, ...SCORE_EXAMPLES.map(valueExample)].join('\n\n')),
    section('## What is refused', REFUSED),
  ].join('\n');
}

const REFUSED = `\`throughline validate\` names file, line and what to do for:

- an audience or a trait that leads back to itself, also by way of accounts and their people;
- a window that is longer than \`keepHistory\` in the settings;
- a formula that divides by something that may be 0 and does not say what comes then;
- a test that can never be meant: text against a number, the age of something that is no date, a property that the tracking plan
  does not know;
- what \`ago\` or \`growth\` cannot know: the past of a stored trait, or who was where.`;

function conditionSection({ intro, form, examples }: ExampleSection, defs: Definitions): string {
  const keys = form === undefined ? [] : [keyTable(formOf(form, defs), defs)];
  return [intro, ...examples.map(conditionExample), ...keys].join('\n\n');
}

function conditionExample({ says, yaml, holds, not, of }: ConditionExample): string {
  return `${says}\n\n${block(of === undefined ? yaml : `of: ${of}\n${yaml}`)}\n\n**Yes:** ${people(holds)}. **No:** ${people(not)}.`;
}

function valueExample({ says, yaml, values }: ValueExample): string {
  const rows = values.map(({ who, of, is }) => [
    who.who,
    `${of === undefined ? '' : `${code(of)} `}${is === undefined ? 'nothing' : code(JSON.stringify(is))}`,
  ]);
  return `${says}\n\n${block(yaml)}\n\n${table(['for', 'it is'], rows)}`;
}

function people(examples: readonly Example[]): string {
  return examples.map(({ who }) => who).join('; ');
}

function block(yaml: string): string {
  return `\`\`\`yaml\n${yaml}\n\`\`\``;
}

function formOf(form: NonNullable<ExampleSection['form']>, defs: Definitions): JsonSchema {
  if (form === 'tests') return defs.tests ?? {};
  if (form === 'related') return { properties: Object.assign({}, ...(defs.related?.anyOf ?? []).map(propertiesOf)) };
  return defs.condition?.anyOf?.find(({ properties = {} }) => Object.hasOwn(properties, form)) ?? {};
}

function propertiesOf({ properties = {} }: JsonSchema): NonNullable<JsonSchema['properties']> {
  return properties;
}

/** The keys of the form itself, without those inside. */
function keyTable(form: JsonSchema, defs: Definitions): string {
  const rows = rowsOf(form, defs).filter(({ key }) => Object.hasOwn(form.properties ?? {}, key));
  return table(
    ['key', 'meaning'],
    rows.map(({ key, says }) => [code(key), says]),
  );
}
