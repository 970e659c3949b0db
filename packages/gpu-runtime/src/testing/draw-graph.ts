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
