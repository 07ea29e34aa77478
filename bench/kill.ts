import { defineBench } from './harness/bench.ts';

export const kill = defineBench({ summary: '', settings: {}, run: async () => ({ figures: [], notes: [] }) });
