/**
 * Who does something by hand, and why, as calls say it: kept in the audit log.
 * @module
 */
import { z } from 'zod';
import type { ByWhom } from '../../store/audit.ts';

export const byHand = z.strictObject({
  by: z.string().trim().min(1).max(200).describe('Who does it'),
  reason: z.string().trim().min(1).max(2_000).describe('Why'),
});

/** Where neither has to be said. */
export const byWhom = byHand.partial();

export function whoIn(body: z.infer<typeof byWhom> | null | undefined): ByWhom {
  return { by: body?.by ?? 'the API', reason: body?.reason ?? null };
}
