import type { Layout } from "@papilio/butterfly";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../device/kernel.ts";

const WORKGROUP = 64;

/** What has one invocation for each part of each of `batch` vectors. */
export interface PerElementShape {
  readonly batch: number;
  /** Parts of a vector, features or groups of them, and the name of their index. */
  readonly parts: { readonly name: string; readonly count: number };
  /** The layout that is written. */
  readonly to: Layout;
  /** WGSL functions that the body calls. */
  readonly functions?: string;
}

/**
 * The part of a kernel that finds an invocation's `vector` and the part of it, and their `index`, counted
 * in the layout that is written: there, neighbours are neighbours.
 */
export function perElementShader(
  { batch, parts, to, functions = "" }: PerElementShape,
  body: string,
): Pick<Kernel, "wgsl" | "workgroups"> {
  const count = batch * parts.count;
  const tiles = Math.ceil(count / WORKGROUP);
  const grid = dispatchGrid(tiles);
  const [vector, part] =
    to === "batch-last"
      ? [`index % ${batch}u`, `index / ${batch}u`]
      : [`index / ${parts.count}u`, `index % ${parts.count}u`];
  return {
    workgroups: grid,
    wgsl: `${functions}@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${tileIndexWgsl(grid, tiles)}
  let index = tile * ${WORKGROUP}u + lane;
  ${count % WORKGROUP === 0 ? "" : `if (index >= ${count}u) { return; }`}
  let vector = ${vector};
  let ${parts.name} = ${part};
  ${body}
}
`,
  };
}

/**
 * WGSL that defines `place`, the vector of a cache of `vectors` that `vector` becomes, and returns
 * where it is past the end. `position` says whether the binding of that name has the first one's place, or those of
 * so many vectors.
 */
export function placeInCache(vectors: number, position: "none" | "first" | number): string {
  if (typeof position === "number") {
    return `if (vector >= ${position}u) { return; }
  let place = position[vector];
  if (place >= ${vectors}u) { return; }`;
  }
  // Saturates: a position near the end of 32 bits must not wrap around to the start.
  const first = position === "first" ? `min(position[0], ${vectors}u) + ` : "";
  return `let place = ${first}vector;
  if (place >= ${vectors}u) { return; }`;
}
