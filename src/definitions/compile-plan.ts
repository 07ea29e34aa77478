/**
 * Tracking plans: the files of a workspace joined into one, free of what contradicts itself or the settings.
 * @module
 */
import type { Catalog, Report } from './catalog.ts';
import { commonType, isOfType } from './planned-value.ts';
import { didYouMean } from './problems.ts';
import type { AuthoredCallPlan, AuthoredField } from './schema-plan.ts';
import type { Path, Source } from './source.ts';
import type { PlannedCall, PlannedField, PlannedType, TrackingPlan, TraitType } from './workspace-types.ts';

/** Undefined where the workspace has none. An event, `identify`, `group` and `unplanned` may each stand in one file only. */
export function compilePlans({ plans, settings }: Catalog, report: Report): TrackingPlan | undefined {
  if (plans.size === 0) return undefined;
  const saidIn = new Map<string, string>();
  const events: Record<string, PlannedCall> = {};
  let joined: TrackingPlan = { unplanned: 'pass', events };
  for (const { file, source } of plans.values()) {
    const isFirst = (what: string, path: Path): boolean => {
      const earlier = saidIn.get(what);
      if (earlier !== undefined) report(source, path, `${what} is planned twice`, `It is in ${earlier} too`);
      else saidIn.set(what, source.file);
      return earlier === undefined;
    };
    for (const [name, call] of Object.entries(file.events ?? {})) {
      const path = ['events', name];
      if (isFirst(`The event \`${name}\``, path)) events[name] = compileCall(call, path, source, report);
    }
    for (const part of ['identify', 'group'] as const) {
      const call = file[part];
      if (call === undefined || !isFirst(`\`${part}\``, [part])) continue;
      joined = { ...joined, [part]: compileCall(call, [part], source, report) };
      const traits = (part === 'identify' ? settings?.file.traits : settings?.file.accountTraits) ?? {};
      for (const at of clashes(call, part, traits)) report(source, at.path, at.message, at.fix);
    }
    if (file.unplanned !== undefined && isFirst('`unplanned`', ['unplanned']))
      joined = { ...joined, unplanned: file.unplanned };
  }
  return joined;
}

function compileCall(
  { rule = 'pass', required = {}, allowed = {}, others = true }: AuthoredCallPlan,
  path: Path,
  source: Source,
  report: Report,
): PlannedCall {
  const fields: Record<string, PlannedField> = {};
  for (const [part, authored] of [['required', required] as const, ['allowed', allowed] as const]) {
    for (const [name, field] of Object.entries(authored)) {
      const at = [...path, part, name];
      if (fields[name] !== undefined) {
        report(source, at, `\`${name}\` is both required and allowed`, 'Keep one of them');
        continue;
      }
      for (const { value, index, type } of strangeValues(field)) {
        const message = `${JSON.stringify(value)} is not of type ${type}`;
        report(source, [...at, 'in', index], message, 'Take it out, or give another `type`');
      }
      fields[name] = { ...compileField(field), required: part === 'required' };
    }
  }
  for (const [name, { required: isRequired }] of Object.entries(fields)) {
    const outer = Object.keys(fields).find((other) => name.startsWith(`${other}.`));
    const within = outer === undefined ? undefined : fields[outer]?.type;
    if (within === undefined || within === 'object' || within === 'list') continue;
    const part = isRequired ? 'required' : 'allowed';
    const message = `\`${name}\` cannot be inside \`${outer}\`, which is of type ${within}`;
    report(source, [...path, part, name], message, `Make \`${outer}\` an object, or take one of them out`);
  }
  return { rule, fields, others: others === true || others === 'yes' };
}

function compileField(field: AuthoredField): Omit<PlannedField, 'required'> {
  if (typeof field === 'string') return { type: field as PlannedType };
  const type = (field.type as PlannedType | undefined) ?? commonType(field.in ?? []);
  return { ...(type !== undefined && { type }), ...(field.in !== undefined && { in: field.in }) };
}

/** Values that are allowed and could never be of the type. */
function strangeValues(field: AuthoredField) {
  if (typeof field === 'string') return [];
  const { type, in: values = [] } = field;
  if (type === undefined) return [];
  return values.flatMap((value, index) => (isOfType(value, type as PlannedType) ? [] : [{ value, index, type }]));
}

/** Traits that the settings declare with another type. */
function clashes(call: AuthoredCallPlan, part: 'identify' | 'group', traits: Readonly<Record<string, TraitType>>) {
  const fields = [
    ...Object.entries(call.required ?? {}).map((entry) => ['required', ...entry] as const),
    ...Object.entries(call.allowed ?? {}).map((entry) => ['allowed', ...entry] as const),
  ];
  return fields.flatMap(([under, name, field]) => {
    const path = [part, under, name];
    const declared = traits[name];
    const { type } = compileField(field);
    if (declared === undefined) {
      const near = name.includes('.') ? undefined : didYouMean(name, Object.keys(traits));
      return near === undefined ? [] : [{ path, message: `The settings declare no trait \`${name}\``, fix: near }];
    }
    if (type === undefined || type === declared || (type === 'integer' && declared === 'number')) return [];
    const message = `The trait \`${name}\` is of type ${type} here and of type ${declared} in the settings`;
    return [{ path, message, fix: 'Give both the same type' }];
  });
}
