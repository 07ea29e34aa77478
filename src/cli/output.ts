/**
 * What commands print: results to the output, one JSON object with `--json`.
 * @module
 */

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** One line. */
export function printJson(value: object): void {
  print(JSON.stringify(value));
}

/** `1 problem`, `2 problems`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** With a full stop, unless it ends as a sentence already. */
export function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
