import { join } from 'node:path';
import { expect, test } from 'vitest';
import { conditionsPage } from '../../src/definitions/conditions-page.ts';
import { PROJECT } from '../../src/runtime/installed.ts';

/** Its examples are run by test/definitions/examples.test.ts. */
test('the page about conditions is what the schemas and the examples say', async () => {
  await expect(conditionsPage()).toMatchFileSnapshot(join(PROJECT, 'docs/conditions.md'));
});
