import { bipolarPlanesWords, stridesOf } from "@papilio/butterfly/numeric";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { element } from "../outputs.ts";
import { enabledBy, opaque, range } from "../wgsl.ts";
import { type BipolarPlanesProblem, requirePlanesProblem, sizesOf } from "./problem.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 64;

/**
 * Generates the rounding of vectors as `roundBipolar` does, block by block, to the bits that
 * {@link bipolarProductKernel} reads. Bindings: x, planes, `bipolarPlanesWords` words (u32) for each vector. A block with an
 * input that is not finite has a scale that is NaN.
 *
 * @throws PapilioError `KERNEL_PROBLEM`, `OPTION_INVALID`
 */
export function bipolarPlanesKernel(problem: BipolarPlanesProblem): Kernel {
  requirePlanesProblem(problem);
  const { pattern, batch, layout, dtype, bits } = problem;
  bipolarPlanesWords(sizesOf(pattern), bits); // refuses blocks that are too long
  const { a, c, d } = pattern;
  const words = Math.ceil(c / 32);
  const units = batch * a * d;
  // As many invocations for a block of a vector as it has words, up to all of a workgroup.
  const each = Math.min(WORKGROUP, 2 ** Math.ceil(Math.log2(words)));
  const together = WORKGROUP / each;
  const tiles = Math.ceil(units / together);
  const grid = dispatchGrid(tiles);
  const input = element(
    "x",
    stridesOf({ batch, layout }, pattern.cols),
    "vector",
    "(start + l * STEP)",
  );
  const value = `f32(${input.replace("STEP", `${d}u`)})`;
  const inputs = c % 32 === 0 ? opaque(32) : `min(32u, ${c}u - 32u * word)`;
  return {
    label: `bipolar-planes ${pattern} of ${bits} x ${batch}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "x", elements: dtype, access: "read" },
      { name: "planes", elements: "u32", access: "read-write" },
    ],
    workgroups: grid,
    wgsl: `var<workgroup> largest: array<u32, ${WORKGROUP}>;

@compute @workgroup_size(${each}, ${together})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  ${tileIndexWgsl(grid, tiles)}
  let own = tile * ${together}u + local.y;
  let unit = min(own, ${units - 1}u);
  let vector = unit / ${a * d}u;
  let block = unit % ${a * d}u;
  let start = (block / ${d}u) * ${c * d}u + block % ${d}u;
  // By their bits magnitudes have the same order, and what is not finite is the largest.
  var most = 0u;
  for (var l = local.x; l < ${opaque(c)}; l += ${each}u) {
    most = max(most, bitcast<u32>(abs(${value})));
  }
  largest[local.y * ${each}u + local.x] = most;
  workgroupBarrier();
  for (var other = 0u; other < ${opaque(each)}; other++) {
    most = max(most, largest[local.y * ${each}u + other]);
  }
  if (own >= ${units}u) { return; }
  let scale = bitcast<f32>(most) * ${2 ** -bits}f;
  let first = unit * ${words * bits + 1}u;
  for (var word = local.x; word < ${opaque(words)}; word += ${each}u) {
    var ones = array<u32, ${bits}>();
    for (var l32 = 0u; l32 < ${inputs}; l32++) {
      let l = 32u * word + l32;
      var rest = ${value};
${range(bits)
  .map((plane) => {
    const step = `${2 ** (bits - 1 - plane)}f * scale`;
    return `      ones[${plane}] |= select(0u, 1u, rest >= 0f) << l32;
      rest -= select(-${step}, ${step}, rest >= 0f);`;
  })
  .join("\n")}
    }
${range(bits)
  .map((plane) => `    planes[first + word * ${bits}u + ${plane}u] = ones[${plane}];`)
  .join("\n")}
  }
  if (local.x == 0u) {
    planes[first + ${words * bits}u] = select(bitcast<u32>(scale), 0x7fc00000u, most >= 0x7f800000u);
  }
}
`,
  };
}
