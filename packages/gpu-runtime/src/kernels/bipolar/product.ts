import { bipolarPlanesWords, stridesOf } from "@papilio/butterfly/numeric";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { element } from "../outputs.ts";
import { enabledBy, narrowed, opaque, range } from "../wgsl.ts";
import { type BipolarProductProblem, requireProductProblem, sizesOf } from "./problem.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 64;
/** Outputs of an invocation, whose weights lie together, and most vectors. */
const GROUP = 4;
const MOST_VECTORS = 4;

/**
 * Generates `y = W x` of bipolar numbers: for each pair of a bit of weights and a bit of vectors, the bits that differ
 * are counted. Sums are exact in whole numbers; an output is its sum times two scales, in float32. Bindings: planes of
 * {@link bipolarPlanesKernel}, weights of `packBipolar`, four words (`vec4u`) at a time, y.
 *
 * Source: arXiv 2409.17870.
 *
 * @throws PapilioError `KERNEL_PROBLEM`, `OPTION_INVALID`
 */
export function bipolarProductKernel(problem: BipolarProductProblem): Kernel {
  requireProductProblem(problem);
  const { pattern, batch, layout, dtype, weightBits, vectorBits } = problem;
  const planesOfVector = bipolarPlanesWords(sizesOf(pattern), vectorBits);
  const { a, b, c, d, rows } = pattern;
  const words = Math.ceil(c / 32);
  const groups = Math.ceil(b / GROUP);
  const vectors = Math.min(MOST_VECTORS, batch);
  const count = a * d * groups * Math.ceil(batch / vectors);
  const tiles = Math.ceil(count / WORKGROUP);
  const grid = dispatchGrid(tiles);
  const strides = stridesOf({ batch, layout }, rows);
  const most = c * (2 ** weightBits - 1) * (2 ** vectorBits - 1);
  // The highest bit first, doubled for each that follows.
  const counted = (v: number): string =>
    range(vectorBits)
      .map((q) => `countOneBits(bits ^ vec4u(x${v}[${q}]))`)
      .reduce((sum, next) => `(2u * ${sum} + ${next})`);
  const y = (v: number): string =>
    element("y", strides, `(first + ${v}u)`, `(row + output * ${d}u)`);
  const isWhole = (v: number): string =>
    batch % vectors === 0 || v === 0 ? "" : `if (first + ${v}u < ${batch}u) `;
  return {
    label: `bipolar-product ${pattern} of ${weightBits} by ${vectorBits} bits x ${batch}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "planes", elements: "u32", access: "read" },
      { name: "weights", elements: "vec4u", access: "read" },
      { name: "y", elements: dtype, access: "read-write" },
    ],
    workgroups: grid,
    wgsl: `@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${tileIndexWgsl(grid, tiles)}
  let index = tile * ${WORKGROUP}u + lane;
  if (index >= ${count}u) { return; }
  let own = index % ${a * d * groups}u;
  let first = (index / ${a * d * groups}u) * ${vectors}u;
  let block = own / ${groups}u;
  let j = (own % ${groups}u) * ${GROUP}u;
  let row = ((block / ${d}u) * ${b}u + j) * ${d}u + block % ${d}u;
  let start = own * ${words * weightBits + 1}u;
${range(vectors)
  .map(
    (
      v,
    ) => `  let at${v} = min(first + ${v}u, ${batch - 1}u) * ${planesOfVector}u + block * ${words * vectorBits + 1}u;
  var differing${v} = vec4u();`,
  )
  .join("\n")}
  for (var word = 0u; word < ${opaque(words)}; word++) {
${range(vectors)
  .map(
    (v) =>
      `    let x${v} = array(${range(vectorBits)
        .map((q) => `planes[at${v} + word * ${vectorBits}u + ${q}u]`)
        .join(", ")});`,
  )
  .join("\n")}
    for (var plane = 0u; plane < ${opaque(weightBits)}; plane++) {
      let bits = weights[start + plane * ${words}u + word];
      let place = vec4u(${weightBits - 1}u - plane);
${range(vectors)
  .map((v) => `      differing${v} += ${counted(v)} << place;`)
  .join("\n")}
    }
  }
  let outputsOfGroup = min(${GROUP}u, ${b}u - j);
  let scales = bitcast<vec4f>(weights[start + ${words * weightBits}u]);
${range(vectors)
  .map(
    (v) => `  {
    let sums = vec4f(vec4i(${most}i) - vec4i(2u * differing${v}));
    let outputs = sums * bitcast<f32>(planes[at${v} + ${words * vectorBits}u]) * scales;
    ${isWhole(v)}{
      for (var output = 0u; output < outputsOfGroup; output++) {
        ${y(v)} = ${narrowed(dtype, 1, "outputs[output]")};
      }
    }
  }`,
  )
  .join("\n")}
}
`,
  };
}
