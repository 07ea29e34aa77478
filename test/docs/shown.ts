/**
 * Is what a command printed what the page shows? `…` in the page stands for whatever differs from run to run.
 * @module
 */

const ANYTHING = '…';

/** Line by line; a line that is `…` alone stands for any number of lines. */
export function isTextShown(printed: string, shown: string): boolean {
  const pattern = linesOf(shown)
    .map((line) => (line.trim() === ANYTHING ? '(?:.*\\n)*?' : `${line.split(ANYTHING).map(escaped).join('.*?')}\\n`))
    .join('');
  return new RegExp(`^${pattern}$`).test(
    linesOf(printed)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

/** Key by key; `"…": "…"` in an object stands for other keys, and `"…"` at the end of a list for other elements. */
export function isJsonShown(printed: unknown, shown: unknown): boolean {
  if (shown === ANYTHING) return true;
  if (typeof shown === 'string') return typeof printed === 'string' && isTextShown(printed, shown);
  if (Array.isArray(shown)) {
    if (!Array.isArray(printed)) return false;
    const isOpen = shown.at(-1) === ANYTHING;
    const elements = isOpen ? shown.slice(0, -1) : shown;
    const isLong = isOpen ? printed.length >= elements.length : printed.length === elements.length;
    return isLong && elements.every((element, index) => isJsonShown(printed[index], element));
  }
  if (typeof shown !== 'object' || shown === null) return Object.is(printed, shown);
  if (typeof printed !== 'object' || printed === null || Array.isArray(printed)) return false;
  const { [ANYTHING]: others, ...keys } = shown as Record<string, unknown>;
  const given = new Map(Object.entries(printed));
  const isComplete = others !== undefined || given.size === Object.keys(keys).length;
  return (
    isComplete && Object.entries(keys).every(([key, value]) => given.has(key) && isJsonShown(given.get(key), value))
  );
}

function linesOf(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
