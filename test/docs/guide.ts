/**
 * Runs a guide as a reader would: files are written where their titles say, commands run in a folder of their own, against
 * a product that serves, and what is shown below a command has to be what it prints.
 *
 * - `yaml`, `mjml` and `ts` with `title=` are files; `yaml as=journey` and `yaml as=steps` are parts of a journey,
 *   `yaml as=settings` of the settings.
 * - `sh` is run, and ends with 0, or with what `exit=` says. A `text` or `json` right after it is its output.
 * - A command that only reads is asked again until it answers what is shown, because events take a moment.
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { createClock } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import { freePort } from '../../src/runtime/free-port.ts';
import { PROJECT } from '../../src/runtime/installed.ts';
import { testDatabase } from '../kit/database.ts';
import { checkedWorkspace } from '../kit/engine.ts';
import { type Block, blocksOf } from './blocks.ts';
import { type GuideProduct, guideProduct } from './product.ts';
import { isJsonShown, isTextShown } from './shown.ts';

const OUTPUTS = ['text', 'json'];
const FILES = ['yaml', 'mjml', 'ts'];
const PATIENCE = 20_000;
const LOOK_AGAIN_AFTER = 100;
/** Where guides say that things are. */
const PRODUCT_URL = 'http://localhost:8080';
const READERS_PORTS = ['localhost:3000', 'localhost:3001', 'localhost:3002'];

interface Place {
  readonly folder: string;
  readonly product: GuideProduct;
  /** In place of {@link READERS_PORTS}. */
  readonly readersPorts: readonly string[];
  /** Process groups with something in the background, which ends with the guide. */
  readonly background: number[];
}

/** A block to be run, with the one that shows its output. */
interface Step {
  readonly block: Block;
  readonly output: Block | undefined;
}

/** @param name of the page in `docs/`, without `.md` */
export async function describeGuide(name: string): Promise<void> {
  const blocks = blocksOf(await readFile(join(PROJECT, 'docs', `${name}.md`), 'utf8'));
  describe(`docs/${name}.md`, () => {
    let place: Place;
    beforeAll(async () => {
      place = await makePlace();
    });
    afterAll(() => leave(place));

    test.each(stepsIn(blocks).map((step) => [step.block.line, step] as const))('line %i', async (_, step) => {
      await (step.block.language === 'sh' ? runCommand(step, place) : writeBlock(step.block, place));
    });

    if (blocks.some(({ language }) => language === 'ts'))
      test('the TypeScript has the right types', async () => {
        const { code, out } = await run('npx tsc --project tsconfig.json', place);
        expect({ code, out }).toEqual({ code: 0, out: '' });
      }, 60_000);

    if (blocks.some(({ language }) => language === 'yaml'))
      test('the YAML makes a workspace that validates and publishes', async () => {
        const parts = blocks.filter(({ settings }) => settings.as !== undefined);
        for (const [index, part] of parts.entries()) {
          if (part.settings.as === 'settings')
            await appendFile(join(place.folder, 'journeys', 'settings.yaml'), `\n${part.text}`);
          else await writeFile(join(place.folder, 'journeys', `part-${index}.yaml`), journeyOf(part, index));
        }
        const workspace = await checkedWorkspace(join(place.folder, 'journeys'));
        const { db, drop } = await testDatabase();
        const { id } = await publish(db, workspace, new Date(createClock().now())).finally(drop);
        expect(id).toBe(1);
      });
  });
}

/** Every block but outputs, which belong to the command before them. */
function stepsIn(blocks: readonly Block[]): Step[] {
  return blocks.flatMap((block, index) => {
    const { language, settings, line } = block;
    const [before, after] = [blocks[index - 1], blocks[index + 1]];
    if (OUTPUTS.includes(language)) {
      if (before?.language !== 'sh') throw new Error(`Line ${line}: this output belongs to no command`);
      return [];
    }
    if (language !== 'sh' && !FILES.includes(language)) throw new Error(`Line ${line}: ${language} cannot be run`);
    if (FILES.includes(language) && settings.title === undefined && settings.as === undefined)
      throw new Error(`Line ${line}: this ${language} has neither title= nor as=`);
    return [{ block, output: after !== undefined && OUTPUTS.includes(after.language) ? after : undefined }];
  });
}

async function makePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'throughline-guide-'));
  const product = await guideProduct(join(folder, '.throughline'));
  // What `npm link` and `npm install` do.
  await mkdir(join(folder, 'bin'));
  await symlink(join(PROJECT, 'bin/throughline.mjs'), join(folder, 'bin/throughline'));
  await symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(PROJECT, 'tsconfig.json'),
      compilerOptions: { lib: ['ES2023', 'DOM', 'DOM.Iterable'] },
      include: ['*.ts'],
    }),
  );
  await writeFile(join(folder, 'state'), '');
  const readersPorts: string[] = [];
  for (const _ of READERS_PORTS) readersPorts.push(`localhost:${await freePort()}`);
  return { folder, product, readersPorts, background: [] };
}

async function leave({ folder, product, background }: Place): Promise<void> {
  for (const group of background) {
    try {
      process.kill(-group, 'SIGTERM');
    } catch {
      // It has ended by itself.
    }
  }
  await product.stop();
  await rm(folder, { recursive: true, force: true });
}

async function writeBlock({ settings, text }: Block, place: Place): Promise<void> {
  if (settings.title === undefined) return;
  const file = join(place.folder, settings.title);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, placed(text, place));
}

async function runCommand({ block, output }: Step, place: Place): Promise<void> {
  const onlyReads = !/ -d |-X |--data|throughline|npx|&$/m.test(block.text);
  const until = Date.now() + (onlyReads ? PATIENCE : 0);
  for (;;) {
    const { code, out } = await run(placed(block.text, place), place);
    const said = { code, out: unplaced(out, place) };
    const isRight = code === Number(block.settings.exit ?? 0) && isShown(said.out, output);
    if (!isRight && Date.now() < until) {
      await delay(LOOK_AGAIN_AFTER);
      continue;
    }
    if (!isRight) expect(said).toEqual({ code: Number(block.settings.exit ?? 0), out: output?.text });
    return;
  }
}

function isShown(out: string, shown: Block | undefined): boolean {
  if (shown === undefined) return true;
  if (shown.language === 'text') return isTextShown(out, shown.text);
  try {
    return isJsonShown(JSON.parse(out), JSON.parse(shown.text));
  } catch {
    return false;
  }
}

/** In one shell after the other that know each other's variables. */
async function run(script: string, { folder, product, background }: Place): Promise<{ code: number; out: string }> {
  const log = await open(join(folder, 'output'), 'w');
  const child = spawn('bash', ['-c', `set -ea; . ./state\n${script}\nexport -p > state`], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: {
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      HOME: process.env.HOME,
      DATABASE_URL: product.databaseUrl,
      WEBHOOK_SECRET: product.webhookSecret,
      npm_config_loglevel: 'error',
    },
  });
  if (child.pid !== undefined && /&$/m.test(script)) background.push(child.pid);
  const [code] = await once(child, 'exit');
  await log.close();
  return { code, out: await readFile(join(folder, 'output'), 'utf8') };
}

function placed(text: string, { product, readersPorts }: Place): string {
  const ours = text.replaceAll(PRODUCT_URL, product.url);
  return READERS_PORTS.reduce((so, port, index) => so.replaceAll(port, readersPorts[index] ?? port), ours);
}

function unplaced(text: string, { product, readersPorts, folder }: Place): string {
  const theirs = text.replaceAll(product.url, PRODUCT_URL).replaceAll(`${folder}/`, '');
  return readersPorts.reduce((so, port, index) => so.replaceAll(port, READERS_PORTS[index] ?? port), theirs);
}

/** Something around a part of a journey that makes it a whole one. */
function journeyOf({ text, settings }: Block, index: number): string {
  const part: unknown = parse(text);
  const around = { journey: `part-${index}`, enter: { event: 'Signed Up' }, steps: [{ wait: '1h' }] };
  return stringify(settings.as === 'steps' ? { ...around, steps: part } : { ...around, ...(part as object) });
}
