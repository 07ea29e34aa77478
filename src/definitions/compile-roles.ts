/**
 * Roles: who of an account's people a message goes to.
 * @module
 */
import type { Role } from '../core/roles.ts';
import type { Catalog } from './catalog.ts';
import { compileCondition } from './compile-condition.ts';
import type { Traits } from './compile-traits.ts';
import { sayAt } from './scope.ts';
import type { DefinitionOf } from './shape.ts';

export type Roles = ReadonlyMap<string, Role>;

/** What is wrong is reported. */
export function compileRoles({ roles }: Catalog, traits: Traits): Roles {
  return new Map([...roles].map(([key, definition]) => [key, compileRole(key, definition, traits)]));
}

function compileRole(key: string, { file, source }: DefinitionOf<'role'>, { scope }: Traits): Role {
  const given = { scope, source, of: 'person', inRun: false, sinceEntry: false } as const;
  const { that, most, least, atMost = 1 } = file;
  const of = most ?? least;
  const first = most === undefined ? 'least' : 'most';
  return {
    key,
    that: that === undefined ? null : compileCondition(that, ['that'], given),
    order: of === undefined ? null : { first, of, value: scope.resolve(of, 'person', sayAt(given, [first])) },
    atMost,
  };
}
