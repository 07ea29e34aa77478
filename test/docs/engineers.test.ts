import { describeGuide } from './guide.ts';

await describeGuide('engineers');
