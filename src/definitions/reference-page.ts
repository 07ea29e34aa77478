/**
 * The reference of everything that can stand in a workspace, made from the schemas. `docs/reference.md` is this page; its
 * test fails where the two differ.
 * @module
 */
import { FILTERS } from '../channels/liquid.ts';
import { OFFER_PARTS } from './liquid.ts';
import { jsonSchemas, type Kind } from './schema.ts';
import {
  code,
  type Definitions,
  forms,
  type JsonSchema,
  keyTable,
  rowsOf,
  section,
  table,
  USUAL,
} from './schema-tables.ts';

const HEAD = `# Reference

Every key that can stand in a workspace. This page is made from the schemas by \`src/definitions/reference-page.ts\`; after a
change of theirs, \`npm test -- test/docs/reference.test.ts -u\` writes it anew.

A workspace is a folder. Every \`.yaml\` file below it holds one or more definitions, with \`---\` between them; what kind a
definition is, its first key says. An \`.mjml\` file is one email: front matter between two lines of \`---\`, then MJML. Files
whose name begins with \`_\` are parts for \`<mj-include>\`. A key in **bold** has to be there.
`;

/** The page as Markdown. */
export function referencePage(): string {
  const schemas = jsonSchemas() as Record<Kind, JsonSchema>;
  const defs = schemas.journey.$defs ?? {};
  const ofTraits = schemas.trait.$defs ?? {};
  const file = (title: string, kind: Kind) => section(`## ${title}`, keyTable(rowsOf(schemas[kind], defs)));
  return [
    HEAD,
    section('## Values', table(['value', 'is'], [...USUAL])),
    file('Settings', 'settings'),
    section('## Computed traits', `${schemas.trait.description}\n\n${forms(schemas.trait, ofTraits)}`),
    section('### Events counted', `${COUNTED}\n\n${keyTable(rowsOf(ofTraits.measured ?? {}, ofTraits))}`),
    file('Scores', 'score'),
    section('## Audiences', audiences(schemas.audience, defs)),
    section('## Conditions', `${defs.condition?.description} ${CONDITIONS}\n\n${forms(defs.condition ?? {}, defs)}`),
    section('### Tests', `${TESTS}\n\n${keyTable(rowsOf(defs.tests ?? {}, defs))}`),
    section('### Events meant', `An event's name, or:\n\n${keyTable(rowsOf(defs.pattern ?? {}, defs))}`),
    section('### Related profiles', `${defs.related?.description}\n\n${forms(defs.related ?? {}, defs)}`),
    file('Journeys', 'journey'),
    section('## Steps', `${defs.step?.description}\n\n${forms(defs.step ?? {}, defs)}`),
    file('Roles', 'role'),
    file('Emails', 'email'),
    file('In-app messages', 'in-app'),
    file('Sales tasks', 'sales-task'),
    file('Offers', 'offer'),
    file('Syncs', 'sync'),
    file('Enrichments', 'enrichment'),
    file('Tags', 'tags'),
    section('## Tracking plans', keyTable(rowsOf(schemas.plan, schemas.plan.$defs ?? {}))),
    section('### Planned calls', plannedCalls(schemas.plan.$defs ?? {})),
    section('## Liquid', LIQUID),
  ].join('\n');
}

const CONDITIONS =
  'Each has an example in [conditions](conditions.md). Beside `trait` stands at least one [test](#tests).';
const TESTS =
  'All that are given must hold. `is`, `isNot`, `atLeast`, `atMost`, `above` and `below` of a trait also take another one: `{ trait: seats }`.';
const COUNTED = '`property` is for what takes values.';

const LIQUID = `In subjects, titles, texts, owners, briefs, webhooks and the fields of syncs: \`person.<trait>\` (stored or computed, and \`person.id\`),
\`account.<trait>\`, \`event.<property>\` of the event that the journey was entered by, \`journey.key\`, and after an \`offer\` step
\`offer.<part>\` (${OFFER_PARTS.join(', ')}); in emails \`unsubscribeUrl\`, too; in syncs only the first two. A trait that a person does not have is empty: give it a \`default\`.

Filters: ${[...FILTERS].sort().map(code).join(', ')}.`;

/** Its condition stands at top level, in any form but one. */
function audiences(audience: JsonSchema, defs: Definitions): string {
  const [first] = audience.anyOf ?? [];
  const rows = rowsOf(first ?? {}, defs).filter((row) => ['audience', 'description', 'of'].includes(row.key));
  return `${keyTable(rows)}\n\n${audience.description} They are what they are in [conditions](#conditions).`;
}

function plannedCalls(defs: Definitions): string {
  return keyTable(rowsOf(defs.plannedCall ?? {}, defs));
}
