import type { Layout } from "@papilio/butterfly";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../program/kernel.ts";

const WORKGROUP = 64;

/**
 * The part of a kernel that has one invocation for each of `parts` parts of each of `batch` vectors.
 * It defines `n`, the vector, and `part`; neighbours are neighbours in the layout that is written.
 */
export function elementWise(
  { batch, parts, to }: { readonly batch: number; readonly parts: number; readonly to: Layout },
  body: string,
): Pick<Kernel, "wgsl" | "workgroups"> {
  const count = batch * parts;
  const tiles = Math.ceil(count / WORKGROUP);
  const grid = dispatchGrid(tiles);
  const [n, part] =
    to === "batch-last"
      ? [`index % ${batch}u`, `index / ${batch}u`]
      : [`index / ${parts}u`, `index % ${parts}u`];
  return {
    workgroups: grid,
    wgsl: `@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${tileIndexWgsl(grid, tiles)}
  let index = tile * ${WORKGROUP}u + lane;
  ${count % WORKGROUP === 0 ? "" : `if (index >= ${count}u) { return; }`}
  let n = ${n};
  let part = ${part};
  ${body}
}
`,
  };
}

/**
 * WGSL that defines `place`, the vector of a cache of `vectors` that vector `n` becomes, and returns
 * where it is past the end. `position` says whether the binding of that name has the first one's place.
 */
export function placeInCache(vectors: number, position: boolean): string {
  // Saturates: a position near the end of 32 bits must not wrap around to the start.
  const first = position ? `min(position[0], ${vectors}u) + ` : "";
  return `let place = ${first}n;
  if (place >= ${vectors}u) { return; }`;
}
