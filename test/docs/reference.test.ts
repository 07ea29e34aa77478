import { join } from 'node:path';
import { expect, test } from 'vitest';
import { referencePage } from '../../src/definitions/reference-page.ts';
import { PROJECT } from '../../src/runtime/installed.ts';

test('the reference is what the schemas say', async () => {
  await expect(referencePage()).toMatchFileSnapshot(join(PROJECT, 'docs/reference.md'));
});
