/**
 * Text in columns, and numbers as people read them.
 * @module
 */

export function thousands(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 event`, `2,000 events`. */
export function counted(count: number, thing: string): string {
  return `${thousands(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** `3 min 12 s` */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Columns of more than this together stand closer. */
const WIDEST = 80;

/**
 * Lines of cells, each column as wide as its widest cell.
 * @param toTheLeft columns of words; the others hold numbers and go to the right
 */
export function columns(rows: readonly (readonly string[])[], toTheLeft: readonly number[] = [0]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const total = widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return toTheLeft.includes(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(total > WIDEST ? ' ' : '  ')
      .trimEnd(),
  );
}

/** Puts items after each other, with as many lines as that takes. */
export function flow(items: readonly string[], width: number, between = '   '): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + between.length + item.length <= width)
      lines[lines.length - 1] = `${last}${between}${item}`;
    else lines.push(item);
  }
  return lines;
}
