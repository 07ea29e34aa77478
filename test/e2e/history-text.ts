import { temporal } from '@temporalio/proto';

const { History } = temporal.api.history.v1;
type History = temporal.api.history.v1.IHistory;

/** A workflow's history as JSON, without what only tells of the machine it was recorded on. */
export function historyToText(history: History): string {
  const plain = History.toObject(History.fromObject(history), { longs: String, enums: String, bytes: String });
  return `${JSON.stringify(plain, withoutMachine, 1)}\n`;
}

export function historyFromText(text: string): History {
  return History.fromObject(JSON.parse(text));
}

/** Workers call themselves, and queues of their own, after their process and host. */
function withoutMachine(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/^\d+@[\w.-]+/, 'worker') : value;
}
