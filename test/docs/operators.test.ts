import { describeGuide } from './guide.ts';

await describeGuide('operators');
