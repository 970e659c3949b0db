import { uniform } from "@papilio/butterfly/numeric";

/** A random graph in compressed sparse row form; the first of several nodes has no edges. */
export function drawGraph(
  nodes: number,
  sources: number,
): { readonly starts: Uint32Array<ArrayBuffer>; readonly columns: Uint32Array<ArrayBuffer> } {
  const random = uniform(4);
  const draw = (below: number): number => Math.floor(((random() + 1) / 2) * below);
  const starts = new Uint32Array(nodes + 1);
  const columns: number[] = [];
  for (let node = 0; node < nodes; node++) {
    const degree = nodes === 1 ? 1 : node === 0 ? 0 : draw(9);
    for (let edge = 0; edge < degree; edge++) columns.push(draw(sources));
    starts[node + 1] = columns.length;
  }
  return { starts, columns: Uint32Array.from(columns) };
}

/** The same graph with its edges turned around, and for each of them its number in the first one. */
export function turned(graph: {
  readonly starts: Uint32Array;
  readonly columns: Uint32Array;
  /** Nodes that send messages in the first one. */
  readonly sources: number;
}): Record<"starts" | "columns" | "numbers", Uint32Array<ArrayBuffer>> {
  const { starts, columns, sources } = graph;
  const [begins, rows, numbers] = [[0], [] as number[], [] as number[]];
  for (let source = 0; source < sources; source++) {
    for (let row = 0; row + 1 < starts.length; row++) {
      for (let edge = starts[row] as number; edge < (starts[row + 1] as number); edge++) {
        if (columns[edge] !== source) continue;
        rows.push(row);
        numbers.push(edge);
      }
    }
    begins.push(rows.length);
  }
  return {
    starts: Uint32Array.from(begins),
    columns: Uint32Array.from(rows),
    numbers: Uint32Array.from(numbers),
  };
}
