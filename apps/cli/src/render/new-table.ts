import Table from "cli-table3";

/** What a cell of a table shows. */
type Cell = string | number;

/** Rows that are laid out at once: cli-table3 takes time by the square of their number (seen in 0.6.5). */
const AT_ONCE = 20;

/** A table whose rows come one after another. */
export interface RowTable {
  push(...rows: readonly (readonly Cell[])[]): void;
  toString(): string;
}

/**
 * A table without colours, which would be noise in a file.
 *
 * @param colWidths of its columns, in characters with the spaces around their texts: longer texts are
 *   broken; as wide as their texts unless given
 */
export function newTable(head: readonly string[], colWidths?: readonly number[]): RowTable {
  const rows: (readonly Cell[])[] = [];
  return {
    push: (...more) => {
      for (const row of more) rows.push(row);
    },
    toString: () => {
      const [first = [], ...others] = partsOf(rows);
      if (others.length === 0) return layOut(head, first, colWidths).join("\n");
      const parts = [first, ...others];
      const widths = colWidths ?? widestOf(parts.map((part) => layOut(head, part)));
      const lines = layOut(head, first, widths);
      const bottom = lines.pop() as string;
      // Without the borders above and below.
      for (const part of others) {
        for (const line of layOut([], part, widths).slice(1, -1)) lines.push(line);
      }
      return [...lines, bottom].join("\n");
    },
  };
}

function partsOf<T>(rows: readonly T[]): (readonly T[])[] {
  return Array.from({ length: Math.ceil(rows.length / AT_ONCE) }, (_, part) =>
    rows.slice(part * AT_ONCE, (part + 1) * AT_ONCE),
  );
}

/** The lines of a table. */
function layOut(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  colWidths?: readonly number[],
): string[] {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    ...(colWidths === undefined
      ? {}
      : { colWidths: [...colWidths], wordWrap: true, wrapOnWordBoundary: false }),
  });
  for (const row of rows) table.push([...row]);
  return table.toString().split("\n");
}

/** The widths of the widest columns among tables, by their upper borders: `┌────┬──┐`. */
function widestOf(tables: readonly (readonly string[])[]): number[] {
  const all = tables.map(([border = ""]) => border.split(/[┌┬┐]/).slice(1, -1));
  return (all[0] ?? []).map((_, column) =>
    Math.max(...all.map((borders) => (borders[column] as string).length)),
  );
}
