import { describeGuide } from './guide.ts';

await describeGuide('marketers');
