import { access, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/runtime/config.ts';
import { PROJECT } from '../../src/runtime/installed.ts';
import { type GuideProduct, guideProduct } from './product.ts';

const DOCS = join(PROJECT, 'docs');
const pages = (await readdir(DOCS)).filter((name) => name.endsWith('.md'));
const page = (name: string) => readFile(join(DOCS, name), 'utf8');
const codeIn = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);

describe.each(pages)('docs/%s', (name) => {
  test('every link leads somewhere', async () => {
    const text = await page(name);
    for (const [, target = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? join(DOCS, name) : join(dirname(join(DOCS, name)), file);
      await access(path);
      if (anchor !== undefined) expect(headingsIn(await readFile(path, 'utf8'))).toContain(anchor);
    }
  });
});

test('operators read about every variable of the environment, and about no other', async () => {
  const asked = new Set<string>();
  readConfig(new Proxy({}, { get: (_, name) => void asked.add(String(name)) }));
  asked.delete('NODE_ENV');
  const table = (await page('operators.md')).split('## Environment')[1]?.split('\n## ')[0] ?? '';
  const rows = [...table.matchAll(/^\| `([A-Z_]+)` \|.*\| ([^|]*) \|$/gm)];
  expect(rows.map(([, variable]) => variable).sort()).toEqual([...asked].sort());

  const config = readConfig({});
  if ('problems' in config) throw new Error('The environment may be empty');
  const { port, writeKey, apiKey, temporalNamespace, logLevel, clockSpeed } = config;
  const defaults = { PORT: port, WRITE_KEY: writeKey, API_KEY: apiKey, LOG_LEVEL: logLevel, CLOCK_SPEED: clockSpeed };
  for (const [name, value] of Object.entries({ ...defaults, TEMPORAL_NAMESPACE: temporalNamespace }))
    expect(codeIn(rows.find(([, variable]) => variable === name)?.[2] ?? '')).toContain(String(value));
});

describe('the API', () => {
  let product: GuideProduct;
  beforeAll(async () => {
    product = await guideProduct('.throughline');
  });
  afterAll(() => product.stop());

  test('engineers read about every route, and about no other', async () => {
    const { paths } = (await (await fetch(`${product.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const served = Object.entries(paths)
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
      .filter((route) => route.includes(' /api/'));
    const told = codeIn(await page('engineers.md')).filter((code) => /^(GET|POST|PUT|DELETE) /.test(code));
    expect(told.sort()).toEqual(served.sort());
  });
});

/** As GitHub makes anchors of them. */
function headingsIn(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
