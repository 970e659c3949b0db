import Table from "cli-table3";

/**
 * A table without colours, which would be noise in a file.
 *
 * @param colWidths of its columns, in characters with the spaces around their texts: longer texts are
 *   broken; as wide as their texts unless given
 */
export function newTable(head: string[], colWidths?: readonly number[]): Table.Table {
  return new Table({
    head,
    style: { head: [], border: [], compact: true },
    ...(colWidths === undefined
      ? {}
      : { colWidths: [...colWidths], wordWrap: true, wrapOnWordBoundary: false }),
  });
}
