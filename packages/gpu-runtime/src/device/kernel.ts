import type { Operand } from "../memory/scratch.ts";

/** A kernel is data: what to compile, how to bind it, how far to dispatch it. */
export interface Kernel {
  /** Shown in errors and profiles; names the kernel and its variant. */
  readonly label: string;
  /** WGSL extensions that it needs. */
  readonly enables: readonly ("f16" | "subgroups" | "chromium_experimental_subgroup_matrix")[];
  /** Storage buffers, which are bound to `@group(0)` in this order. */
  readonly bindings: readonly Binding[];
  /** All of its WGSL but for the directives and the buffers' declarations: see `sourceOf`. */
  readonly wgsl: string;
  readonly workgroups: readonly [number, number, number];
}

/** A storage buffer as a kernel sees it: an array of a length that the binding decides. */
export interface Binding {
  readonly name: string;
  /** WGSL type of an element. */
  readonly elements: string;
  readonly access: "read" | "read-write";
}

/** The kernel's whole source. */
export function sourceOf({ enables, bindings, wgsl }: Kernel): string {
  const directives = enables.map((extension) => `enable ${extension};\n`);
  const declarations = bindings.map(
    ({ name, elements, access }, index) =>
      `@group(0) @binding(${index}) var<storage, ${access.replace("-", "_")}> ${name}: array<${elements}>;\n`,
  );
  return `${directives.join("")}${declarations.join("")}\n${wgsl}`;
}

/** One dispatch: a kernel and the memory it works on. */
export interface Step {
  readonly kernel: Kernel;
  /** For each of the kernel's bindings, in their order. */
  readonly buffers: readonly Operand[];
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
