import { stridesOf } from "@papilio/butterfly/numeric";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { epilogueBindings, epilogueName, epilogueWgsl, storeWgsl } from "../epilogue.ts";
import {
  clamped,
  enabledBy,
  opaque,
  range,
  storedBlock,
  storedType,
  times,
  wideType,
} from "../wgsl.ts";
import { fewBitsReader, SCALED } from "./few-bits.ts";
import { guarded } from "./lanes.ts";
import { weightsName } from "./packing.ts";
import type { KroneckerSparseProblem } from "./problem.ts";
import { kroneckerSparseName, type VectorKroneckerSparse } from "./variant.ts";
import { vectorLayout } from "./vector-layout.ts";

/**
 * Generates the kernel for a batch of a few entries, at the speed at which weights can be read.
 * Bindings: x, weights packed by `packKroneckerSparse`, y, and what there is of bias, multiplier, addend.
 *
 * The rows of a matrix-vector product go to groups of neighbouring invocations that stride along
 * the row together and add up their sums at the end: the "vector" kernel of Bell and Garland,
 * Implementing sparse matrix-vector multiplication on throughput-oriented processors (SC 2009),
 * on rows of equal length.
 */
export function vectorKernel(
  problem: KroneckerSparseProblem,
  variant: VectorKroneckerSparse,
): Kernel {
  const { pattern, batch, dtype, weightDtype, bias, sharing, epilogue } = problem;
  const { b, c, d, blocks } = pattern;
  const { vector, splitK, groups, tile, reduceScope } = variant;
  const { outputTiles, turns } = vectorLayout(pattern, variant);
  const packing = { order: "vector", variant } as const;
  const reader = weightDtype && fewBitsReader(pattern, sharing, packing, weightDtype);
  /** Inputs of one load of x. */
  const width = reader ? 4 : (vector as 1 | 2 | 4);
  const x = stridesOf(problem, pattern.cols);
  const y = stridesOf(problem, pattern.rows);
  const weightBlock = storedBlock(pattern, sharing, {
    block: "block",
    i: `(block / ${d}u)`,
    k: `(block % ${d}u)`,
  });
  const weightTile =
    weightBlock === "block" ? "tile" : `(${weightBlock} * ${outputTiles}u + outputTile)`;
  const invocations = splitK * groups;
  const tiles = blocks * outputTiles;
  const grid = dispatchGrid(tiles);
  const exactInputs = c % (splitK * vector) === 0;
  const exactOutputs = b % (groups * tile) === 0;
  // The inputs of a load are neighbours in memory, and every load starts at a whole one.
  const wholeLoads = d === 1 && x.feature === 1 && c % width === 0;
  const widths = { x: wholeLoads ? width : 1, y: 1 };
  const shuffled = splitK > 1 && reduceScope === "subgroup";
  const inWorkgroup = splitK > 1 && reduceScope === "workgroup";

  const perInvocation = tile * batch;
  const sums = range(tile).flatMap((r) => range(batch).map((n) => ({ r, n, sum: `sum${r}_${n}` })));

  /** The inputs from `from` on for a batch entry; zeros past the last, whose weights are zeros too. */
  function inputs(n: number, from: string): string {
    const row = `${n * x.vector}u`;
    if (wholeLoads) {
      const index = `(${row} + first + ${exactInputs ? from : `min(${from}, ${c - width}u)`}) / ${width}u`;
      const value = `${wideType(width)}(x[${index}])`;
      return exactInputs ? value : `select(${wideType(width)}(), ${value}, ${from} < ${c}u)`;
    }
    const elements = range(width).map((e) => {
      const at = exactInputs ? `(${from} + ${e}u)` : `min(${from} + ${e}u, ${c - 1}u)`;
      const value = `f32(x[${row} + ${times(`first + ${at} * ${d}u`, x.feature)}])`;
      return exactInputs ? value : `select(0.0, ${value}, ${from} + ${e}u < ${c}u)`;
    });
    return width === 1 ? (elements[0] as string) : `${wideType(width)}(${elements.join(", ")})`;
  }

  /** What a turn reads, and the products of it. */
  function turn(): string[] {
    if (reader === undefined) {
      return [
        ...range(batch).map((n) => `let x${n} = ${inputs(n, "l")};`),
        ...range(tile).map((r) => `let w${r} = ${wideType(width)}(w[read + ${r * invocations}u]);`),
        ...sums.map(({ r, n, sum }) =>
          vector === 1 ? `${sum} = fma(w${r}, x${n}, ${sum});` : `${sum} += dot(w${r}, x${n});`,
        ),
      ];
    }
    const halves = [0, 1] as const;
    const part = clamped(`l / ${SCALED}u`, Math.ceil(c / SCALED), exactInputs);
    return [
      ...range(batch).flatMap((n) =>
        halves.map((half) => `let x${n}_${half} = ${inputs(n, half === 0 ? "l" : "(l + 4u)")};`),
      ),
      ...range(tile).flatMap((r) => [
        `let unit${r} = ${reader.unit(`read + ${r * invocations}u`, "0u")};`,
        `let scale${r} = ${reader.scale(`scales${r}`, part)};`,
        ...halves.map((half) => `let w${r}_${half} = ${reader.numbers(`unit${r}`, half)};`),
      ]),
      ...sums.map(
        ({ r, n, sum }) =>
          `${sum} = fma(scale${r}, dot(w${r}_0, x${n}_0) + dot(w${r}_1, x${n}_1), ${sum});`,
      ),
    ];
  }

  /** Where the scales of each output are. */
  function scales(): string[] {
    if (reader === undefined) return [];
    return [
      `let group_i = block / ${d}u;`,
      `let group_k = block % ${d}u;`,
      ...range(tile).map((r) => {
        const output = `(outputTile * ${groups}u + member / ${splitK}u) * ${tile}u + ${r}u`;
        return `let scales${r} = ${reader.scalesOf(`(${clamped(output, b, exactOutputs)})`)};`;
      }),
    ];
  }

  /** Writes the sum of an output, counted within its block, for a batch entry. */
  function store(output: string, entry: string, sum: string): string {
    const value = bias ? `${sum} + f32(bias[feature])` : sum;
    return guarded(
      [!exactOutputs && `${output} < ${b}u`],
      `let feature = (block / ${d}u * ${b}u + ${output}) * ${d}u + block % ${d}u;
      ${storeWgsl(problem, widths, `${times(entry, y.vector)} + ${times("feature", y.feature)}`, value)}`,
    );
  }

  function storeOwn(): string {
    const stores = sums.map(
      ({ r, n, sum }) =>
        `{ ${store(`((outputTile * ${groups}u + member / ${splitK}u) * ${tile}u + ${r}u)`, `${n}u`, sum)} }`,
    );
    return guarded([splitK > 1 && "split == 0u"], stores.join("\n    "));
  }

  function shuffles(): string[] {
    const steps = range(Math.log2(splitK)).map((step) => 2 ** step);
    return sums.flatMap(({ sum }) =>
      steps.map((step) => `${sum} += subgroupShuffleXor(${sum}, ${step}u);`),
    );
  }

  // One element between the sums of two outputs keeps the invocations that add them up in
  // different banks.
  const pitch = splitK + 1;
  const outputs = groups * perInvocation;

  function storeReduced(): string {
    const writes = sums.map(
      ({ r, n, sum }) =>
        `partials[(${n * groups * tile}u + member / ${splitK}u * ${tile}u + ${r}u) * ${pitch}u + split] = ${sum};`,
    );
    return `${writes.join("\n  ")}
  workgroupBarrier();
  for (var index = member; index < ${outputs}u; index += ${invocations}u) {
    var sum = 0.0;
    for (var part = 0u; part < ${opaque(splitK)}; part++) {
      sum += partials[index * ${pitch}u + part];
    }
    let output = outputTile * ${groups * tile}u + index % ${groups * tile}u;
    ${store("output", `(index / ${groups * tile}u)`, "sum")}
  }`;
  }

  const wgsl = `${epilogueWgsl(problem, widths)}${reader?.declare ?? ""}${inWorkgroup ? `var<workgroup> partials: array<f32, ${outputs * pitch}>;\n` : ""}
@compute @workgroup_size(${invocations})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(${shuffled ? "subgroup_invocation_id" : "local_invocation_index"}) member: u32,
) {
  ${tileIndexWgsl(grid, tiles)}
  let block = tile / ${outputTiles}u;
  let outputTile = tile % ${outputTiles}u;
  let split = member % ${splitK}u;
  let first = block / ${d}u * ${c * d}u + block % ${d}u;
  ${scales().join("\n  ")}
  ${sums.map(({ sum }) => `var ${sum} = 0.0;`).join("\n  ")}
  for (var turn = 0u; turn < ${opaque(turns)}; turn++) {
    let l = ${times(`turn * ${splitK}u + split`, vector)};
    let read = (${weightTile} * ${turns}u + turn) * ${tile * invocations}u + member;
    ${turn().join("\n    ")}
  }
  ${shuffled ? shuffles().join("\n  ") : ""}
  ${inWorkgroup ? storeReduced() : storeOwn()}
}
`;
  return {
    label: `kronecker-sparse ${pattern} ${kroneckerSparseName(variant)}${weightsName(problem)}${epilogueName(epilogue)}`,
    enables: [...enabledBy(dtype), ...(shuffled ? ["subgroups" as const] : [])],
    bindings: [
      { name: "x", elements: storedType(dtype, widths.x), access: "read" },
      { name: "w", elements: reader ? "u32" : storedType(dtype, width), access: "read" },
      { name: "y", elements: dtype, access: "read-write" },
      ...epilogueBindings(problem, widths),
    ],
    wgsl,
    workgroups: grid,
  };
}
