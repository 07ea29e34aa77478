/**
 * Templates as authors write them. All texts are Liquid.
 * @module
 */
import { z } from 'zod';
import { hours } from './schema-pressure.ts';
import { duration, key, link, sender, text, yesOrNo } from './schema-values.ts';

const send = hours.optional().describe('Goes out at these hours of the person only, and waits for them.');
const category = key.optional().describe('What people can unsubscribe from.');

/** The front matter of an `.mjml` file. */
export const emailFile = z.strictObject({
  email: key.describe('Its name.'),
  subject: text,
  category,
  from: sender.optional().describe('`Name <address>`; the workspace’s sender where it is absent.'),
  transactional: yesOrNo
    .optional()
    .describe('A receipt or the like: caps, quiet hours and unsubscribes do not hold for it.'),
  send,
  preview: text.optional().describe('What mail programs show beside the subject.'),
});
export type EmailFile = z.infer<typeof emailFile>;

const PLACEMENTS = ['banner', 'sidebar', 'footer', 'modal', 'tooltip', 'nav'] as const;

export const inAppFile = z.strictObject({
  'in-app': key.describe('Its name.'),
  category,
  placement: z
    .enum(PLACEMENTS, { error: `must be one of ${PLACEMENTS.join(', ')}` })
    .describe('Where your page shows it.'),
  title: text,
  body: text.describe('Plain text.'),
  send,
  button: z.strictObject({ label: text, url: link }).optional(),
  expiresAfter: duration.optional().describe('How long it is shown at most. Default 14 days.'),
});
export type InAppFile = z.infer<typeof inAppFile>;

export const salesTaskFile = z.strictObject({
  'sales-task': key.describe('Its name.'),
  category,
  title: text.describe('One line.'),
  owner: text.describe('Who it goes to: a name, a queue, or Liquid.'),
  due: duration.optional().describe('How long the owner has. Default 2 days.'),
  send,
  brief: text.describe('All that the owner needs to know to act.'),
});
export type SalesTaskFile = z.infer<typeof salesTaskFile>;
