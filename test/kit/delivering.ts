import type { Delivery } from '../../src/channels/channel.ts';
import { createClock } from '../../src/core/time.ts';
import type { Delivering } from '../../src/runs/deliver-message.ts';
import { SettingsShelf, VersionShelf } from '../../src/runs/version-shelf.ts';
import type { Database } from '../../src/store/database.ts';

/** What delivers messages of a test's database without a mail server. @param handOver is given each email's address */
export function deliveringBy(db: Database, handOver: (to: string) => void): Delivering {
  const accepted: Delivery = { result: 'accepted' };
  return {
    db,
    clock: createClock(),
    versions: new VersionShelf(),
    settings: new SettingsShelf(),
    createTask: async () => undefined,
    sendEmail: async ({ to }) => {
      handOver(to);
      return accepted;
    },
    callWebhook: async () => accepted,
    publicUrl: 'http://localhost:8080',
    signingSecret: 'a secret for tests only',
    webhookSecret: 'another secret for tests only',
  };
}
