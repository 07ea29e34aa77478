/**
 * `throughline versions JOURNEY [--diff FROM [TO]]`
 * @module
 */
import { Command } from 'commander';
import { diffJourneys } from '../../definitions/journey-diff.ts';
import { columns, thousands } from '../../demo/columns.ts';
import { findVersion, type ListedVersion, listVersions, VersionError } from '../../runs/read-versions.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { WrongUseError } from '../exit-code.ts';
import { diffLines } from '../impact-text.ts';
import { print, printJson, sentence } from '../output.ts';

interface Options {
  readonly diff?: readonly string[];
  readonly json?: boolean;
}

export function versionsCommand(): Command {
  return new Command('versions')
    .description('The versions of a journey, who is under way on them, and how two differ.')
    .argument('<journey>', 'its key')
    .option('--diff <hashes...>', 'how this version differs from the newest, or two from each other')
    .option('--json', 'print one JSON object')
    .action(async (journey: string, { diff, json = false }: Options) => {
      const [from, to, ...more] = diff ?? [];
      if (more.length > 0) throw new WrongUseError('`--diff` takes one or two versions.');
      const versions = await withDatabase(configFromEnvironment(), (db) => listVersions(db, journey)).catch(asWrongUse);
      if (diff === undefined) {
        if (json) printJson({ items: versions.map(({ journey: _, ...version }) => version) });
        else print(versionsText(versions));
        return;
      }
      const [before, after] = twoOf(versions, from, to);
      const difference = diffJourneys(before.journey, after.journey);
      if (json) return printJson({ from: before.hash, to: after.hash, ...difference });
      const lines = diffLines(difference);
      const head = `${before.hash.slice(0, 12)} → ${after.hash.slice(0, 12)}`;
      print([head, ...(lines.length === 0 ? ['  They are the same.'] : lines)].join('\n'));
    });
}

function twoOf(versions: readonly ListedVersion[], from?: string, to?: string) {
  try {
    return [findVersion(versions, from), findVersion(versions, to)] as const;
  } catch (error) {
    return asWrongUse(error);
  }
}

function versionsText(versions: readonly ListedVersion[]): string {
  const rows = versions.flatMap(({ hash, firstPublishedAt, isInForce, people, steps }) => {
    const [first, ...others] = steps;
    const place = (at: typeof first) => (at === undefined ? '' : `${thousands(at.people)} at ${at.step ?? 'the end'}`);
    const published = firstPublishedAt.toISOString().slice(0, 16).replace('T', ' ');
    return [
      [hash.slice(0, 12), published, isInForce ? 'in force' : '', thousands(people), place(first)],
      ...others.map((at) => ['', '', '', '', place(at)]),
    ];
  });
  return columns([['Version', 'First published', '', 'Under way', 'where'], ...rows], [0, 1, 2, 4]).join('\n');
}

function asWrongUse(error: unknown): never {
  throw error instanceof VersionError ? new WrongUseError(`${error.message}. ${sentence(error.fix)}`) : error;
}
