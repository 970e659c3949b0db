import Table from "cli-table3";

/** A table without colours, which would be noise in a file. */
export function newTable(head: string[]): Table.Table {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}
