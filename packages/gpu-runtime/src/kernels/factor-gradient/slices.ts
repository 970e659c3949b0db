import { times } from "../wgsl.ts";

/** WGSL that defines `start` and `end`, the vectors of part `part` of `parts`, each a multiple of `turn` but the last. */
export function sliceWgsl(count: number, parts: number, turn: number): string {
  if (parts === 1) return `let start = 0u;\n  let end = ${count}u + group.z;`;
  const slice = sliceOf(count, parts, turn);
  return `let start = min(${times("part", slice)}, ${count}u);
  let end = min(start + ${slice}u, ${count}u);`;
}

/** Vectors of a part. */
function sliceOf(count: number, parts: number, turn: number): number {
  return Math.ceil(Math.ceil(count / turn) / parts) * turn;
}
