import type { Span } from "../memory/lease.ts";

/**
 * A kernel is data: what to compile, how to bind it, how far to dispatch it.
 *
 * Buffers are bound to `@group(0)` in the order of `bindings`.
 */
export interface Kernel {
  /** Shown in errors and profiles; names the kernel and its variant. */
  readonly label: string;
  readonly wgsl: string;
  readonly bindings: readonly ("read" | "read-write")[];
  readonly workgroups: readonly [number, number, number];
}

/** One dispatch: a kernel and the buffers it works on. */
export interface Step {
  readonly kernel: Kernel;
  readonly buffers: readonly Span[];
  /** `rewrite` only rearranges memory; `multiply` does the arithmetic. */
  readonly role: "multiply" | "rewrite";
}

/**
 * Spreads a number of workgroups over the dispatch grid, which limits each axis.
 * The shader recovers the index as `workgroup_id.y * grid[0] + workgroup_id.x` and must ignore
 * indices at or past `count` when `grid[0] * grid[1] > count`.
 */
export function dispatchGrid(count: number, maxPerDimension = 65535): [number, number, number] {
  if (count <= maxPerDimension) return [count, 1, 1];
  const rows = Math.ceil(count / maxPerDimension);
  return [Math.ceil(count / rows), rows, 1];
}

/**
 * WGSL that defines `tile`, this workgroup's index into `count` tiles dispatched by
 * {@link dispatchGrid}, and returns where the grid is larger than that.
 */
export function tileIndexWgsl(grid: readonly [number, number, number], count: number): string {
  if (grid[1] === 1) return "let tile = group.x;";
  const guard = grid[0] * grid[1] > count ? ` if (tile >= ${count}u) { return; }` : "";
  return `let tile = group.y * ${grid[0]}u + group.x;${guard}`;
}
