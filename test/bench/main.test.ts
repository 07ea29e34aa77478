import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';

interface Ended {
  readonly code: number;
  readonly said: string;
}

function bench(...args: string[]): Promise<Ended> {
  return new Promise((ended) => {
    execFile(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...args], (error, _output, said) => {
      ended({ code: typeof error?.code === 'number' ? error.code : 0, said });
    });
  });
}

test('a bench that does not exist is wrong use, and those that do are named', async () => {
  const { code, said } = await bench('coast');
  expect(code).toBe(2);
  expect(said).toContain('Use: npm run bench NAME');
  for (const name of ['cost', 'throughput', 'latency', 'duplicates', 'caps', 'kill']) expect(said).toContain(name);
});

test('a flag that does not exist, and a value that is no number, are wrong use', async () => {
  const unknown = await bench('cost', '--sedes', '3');
  expect(unknown.code).toBe(2);
  expect(unknown.said).toContain('--sedes');
  const notANumber = await bench('kill', '--seeds', 'five');
  expect(notANumber.code).toBe(2);
  expect(notANumber.said).toContain('--seeds is "five"; it must be a number above 0.');
});
