import { vi } from 'vitest';

const PATIENCE = 20_000;
const LOOK_AGAIN_AFTER = 10;

/** Looks until it no longer fails, and then answers what was seen; fails as the last look did after 20 seconds. */
export function eventually<Seen>(look: () => Promise<Seen> | Seen, patience = PATIENCE): Promise<Seen> {
  return vi.waitFor(look, { timeout: patience, interval: LOOK_AGAIN_AFTER });
}
