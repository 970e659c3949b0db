import { type Binding, dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { clamped } from "../wgsl.ts";
import { type ComplexChainProblem, runsAlongBatch } from "./problem.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 64;

/** Numbers are pairs of real and imaginary parts. */
const COMPLEX_ARITHMETIC = `fn complex_multiply(w: vec2f, x: vec2f) -> vec2f {
  return vec2f(fma(w.x, x.x, -w.y * x.y), fma(w.x, x.y, w.y * x.x));
}
fn complex_multiply_add(w: vec2f, x: vec2f, sum: vec2f) -> vec2f {
  return vec2f(fma(w.x, x.x, fma(-w.y, x.y, sum.x)), fma(w.x, x.y, fma(w.y, x.x, sum.y)));
}
`;

/** The buffers of a complex kernel: x, weights, y, and the maps of indices that it has. */
function complexBindings(problem: ComplexChainProblem): Binding[] {
  const map = (name: string): Binding => ({ name, elements: "u32", access: "read" });
  return [
    { name: "x", elements: "vec2f", access: "read" },
    { name: "w", elements: "vec2f", access: "read" },
    { name: "y", elements: "vec2f", access: "read-write" },
    ...(problem.permutesInputs ? [map("source")] : []),
    ...(problem.permutesOutputs ? [map("destination")] : []),
  ];
}

/** WGSL for the place of a feature of the vector `column`, among the inputs or the outputs. */
export function placeOf(
  problem: ComplexChainProblem,
  side: "input" | "output",
  feature: string,
): string {
  const { chain, batch, permutesInputs, permutesOutputs } = problem;
  const features = side === "input" ? chain.cols : chain.rows;
  const map = side === "input" ? permutesInputs && "source" : permutesOutputs && "destination";
  const position = map ? `${map}[${feature}]` : `(${feature})`;
  return runsAlongBatch(problem)
    ? `${position} * ${batch}u + column`
    : `column * ${features}u + ${position}`;
}

/**
 * The kernel in which an invocation computes some of the `parts` of a vector: along the batch for
 * neighbouring vectors, else for neighbouring parts.
 *
 * @param part name of the number of its part in `body` and `stores`, beside the vector's, `column`
 * @param body statements
 * @param stores statements that write, which those past the end leave out
 */
export function complexKernel(
  problem: ComplexChainProblem,
  label: string,
  {
    parts,
    part,
    body,
    stores,
  }: {
    readonly parts: number;
    readonly part: string;
    readonly body: readonly string[];
    readonly stores: readonly string[];
  },
): Kernel {
  const { batch, chain, layout } = problem;
  const alongBatch = runsAlongBatch(problem);
  const along = alongBatch ? batch : parts;
  const count = batch * parts;
  const tiles = Math.ceil(count / WORKGROUP);
  const grid = dispatchGrid(tiles);
  const exact = count === tiles * WORKGROUP;
  return {
    label: `${label} ${chain} ${layout}`,
    enables: [],
    bindings: complexBindings(problem),
    workgroups: grid,
    wgsl: `${COMPLEX_ARITHMETIC}
@compute @workgroup_size(${WORKGROUP})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  ${tileIndexWgsl(grid, tiles)}
  let place = tile * ${WORKGROUP}u + lane;
  let index = ${clamped("place", count, exact)};
  let ${alongBatch ? "column" : part} = index % ${along}u;
  let ${alongBatch ? part : "column"} = index / ${along}u;
  ${body.join("\n  ")}
  ${exact ? stores.join("\n  ") : `if (place < ${count}u) {\n  ${stores.join("\n  ")}\n  }`}
}
`,
  };
}
