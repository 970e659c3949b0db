import { stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { epilogueBindings, epilogueName, epilogueWgsl, storeWgsl } from "../epilogue.ts";
import { MATRIX_UNITS_ENABLES } from "../matrix-units.ts";
import { enabledBy, range, times } from "../wgsl.ts";
import { guarded } from "./lanes.ts";
import { MATRIX_ELEMENTS, type MatrixPlan, type MatrixProblem, matrixPlan } from "./matrix-plan.ts";
import { packingOf, weightIndex } from "./packing.ts";
import { tilesOf } from "./tiles.ts";
import { kroneckerSparseName, type MatrixKroneckerSparse } from "./variant.ts";

/** Elements of a load and of a store outside of the units. */
const WIDTHS = { x: 1, y: 1 };

/**
 * Generates the kernel on the adapter's matrix units: `subgroupMatrixMultiplyAccumulate`, with sums in
 * float32. Bindings: x, weights packed `[block][c][b]` with both padded, y, and what there is of bias,
 * multiplier, addend.
 *
 * A product's inputs are rows of a matrix whose stride absorbs the perfect shuffle, so that nothing is
 * rearranged: see {@link matrixPlan} for where they are read from. Sums pass through workgroup memory, from
 * which the invocations finish and write them as the other variants do.
 */
export function matrixKernel(problem: MatrixProblem, variant: MatrixKroneckerSparse): Kernel {
  const { pattern, batch, layout, dtype, bias, sharing, epilogue } = problem;
  const { unitM, unitN, unitK, subgroup, productsM, productsN, productsK, subgroupsM } = variant;
  const { b, c, d } = pattern;
  const plan = matrixPlan(problem, variant);
  const { stored, sums: sum, perWord } = MATRIX_ELEMENTS[dtype];
  // What sums become when they are stored: integers stay what they are.
  const outputs = { ...problem, dtype: dtype === "i8" ? ("f32" as const) : dtype };
  const { tileM, tileN, tileK, threads, neighbours, staged } = plan;
  const y = stridesOf(problem, pattern.rows);
  const packing = packingOf(pattern, variant);
  if (packing.order !== "padded") throw new TypeError("The weights of matrix units are padded.");
  const weightStride = packing.outputs;
  const words = (index: string): string => (perWord === 1 ? index : `(${index}) / ${perWord}u`);
  const { grid, exact, locate } = tilesOf(problem, plan);
  // The padding of the weights ends with a whole product; past it, the last one is computed again.
  const firstOfProduct = (m: number): string => {
    const at = `firstRow + subgroupRow + ${m * unitM}u`;
    return packing.outputs % tileM === 0 ? at : `min(${at}, ${packing.outputs - unitM}u)`;
  };
  const weight = weightIndex(pattern, sharing, packing);
  const sums = range(neighbours).flatMap((g) =>
    range(productsM).flatMap((m) => range(productsN).map((n) => ({ g, m, n }))),
  );

  const wgsl = `${epilogueWgsl(outputs, WIDTHS)}alias Left = subgroup_matrix_left<${dtype}, ${unitK}, ${unitM}>;
alias Right = subgroup_matrix_right<${dtype}, ${unitN}, ${unitK}>;
alias Sums = subgroup_matrix_result<${sum}, ${unitN}, ${unitM}>;
${staged ? `var<workgroup> inputs: array<${stored}, ${(neighbours * tileK * tileN) / perWord}>;\n` : ""}var<workgroup> outputs: array<${sum}, ${neighbours * tileM * tileN}>;

// The member is the same for a whole subgroup, which the analysis of uniformity cannot see.
@diagnostic(off, chromium.subgroup_matrix_uniformity)
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  ${locate.join("\n  ")}
  let member = thread / ${subgroup}u;
  let subgroupRow = member % ${subgroupsM}u * ${productsM * unitM}u;
  let subgroupColumn = member / ${subgroupsM}u * ${productsN * unitN}u;
  ${sums.map(({ g, m, n }) => `var sum${g}_${m}_${n}: Sums;`).join("\n  ")}
  ${range(neighbours)
    .flatMap((g) => range(productsM).map((m) => weightsOf(g, m)))
    .join("\n  ")}
  ${staged ? "" : inputsInPlace(plan).join("\n  ")}
  for (var depth = 0u; depth < ${c}u; depth += ${tileK}u) {
    ${staged ? stage(problem, plan) : ""}
    ${range(productsK).flatMap(products).join("\n    ")}
    ${staged ? "workgroupBarrier();" : ""}
  }
  ${sums
    .map(
      ({ g, m, n }) =>
        `subgroupMatrixStore<row_major>(&outputs, (subgroupRow + ${g * tileM + m * unitM}u) * ${tileN}u + subgroupColumn + ${n * unitN}u, sum${g}_${m}_${n}, ${tileN}u);`,
    )
    .join("\n  ")}
  workgroupBarrier();
  for (var e = thread; e < ${neighbours * tileM * tileN}u; e += ${threads}u) {
    ${
      layout === "batch-last"
        ? `let column = e % ${tileN}u;
    let row = e / ${tileN}u % ${tileM}u;
    let neighbour = e / ${tileN * tileM}u;`
        : `let neighbour = e % ${neighbours}u;
    let row = e / ${neighbours}u % ${tileM}u;
    let column = e / ${neighbours * tileM}u;`
    }
    let feature = (group_i * ${b}u + firstRow + row) * ${d}u + firstGroup + neighbour;
    ${guarded(
      [
        !exact.batch && `firstColumn + column < ${batch}u`,
        !exact.b && `firstRow + row < ${b}u`,
        !exact.d && `firstGroup + neighbour < ${d}u`,
      ],
      storeWgsl(
        outputs,
        WIDTHS,
        `${times("firstColumn + column", y.vector)} + ${times("feature", y.feature)}`,
        `outputs[(neighbour * ${tileM}u + row) * ${tileN}u + column]${bias ? " + f32(bias[feature])" : ""}`,
      ),
    )}
  }
}
`;

  /** Where the weights of a product along the outputs begin, of a neighbour. */
  function weightsOf(g: number, m: number): string {
    const at = `firstGroup + ${g}u`;
    const groupK = exact.d ? at : `min(${at}, ${d - 1}u)`;
    const index = weight
      .base(firstOfProduct(m))
      .replaceAll(/\bgroup_k\b/g, `(${groupK})`)
      .replaceAll(/\bblock\b/g, `(group_i * ${d}u + ${groupK})`);
    return `let weights${g}_${m} = ${index};`;
  }

  /** The products of one depth of the units. */
  function products(u: number): string[] {
    const l = `depth + ${u * unitK}u`;
    return range(neighbours).flatMap((g) => [
      ...range(productsN).map((n) => `let x${u}_${g}_${n} = ${inputsOf(g, n, u)};`),
      ...range(productsM).flatMap((m) => [
        `let w${u}_${g}_${m} = subgroupMatrixLoad<Left, col_major>(&w, ${words(`weights${g}_${m} + ${weight.input(l)}`)}, ${weightStride / perWord}u);`,
        ...range(productsN).map(
          (n) =>
            `sum${g}_${m}_${n} = subgroupMatrixMultiplyAccumulate(w${u}_${g}_${m}, x${u}_${g}_${n}, sum${g}_${m}_${n});`,
        ),
      ]),
    ]);
  }

  function inputsOf(g: number, n: number, u: number): string {
    if (staged) {
      const at = `${(g * tileK + u * unitK) * tileN + n * unitN}u + subgroupColumn`;
      return `subgroupMatrixLoad<Right, row_major>(&inputs, ${words(at)}, ${tileN / perWord}u)`;
    }
    const { features, majorness, stride } = plan.inPlace;
    return `subgroupMatrixLoad<Right, ${majorness}>(&x, inputs${g}_${n} + ${times(`depth + ${u * unitK}u`, features)}, ${stride}u)`;
  }

  /** Where the inputs of a product along the batch begin, of a neighbour. */
  function inputsInPlace({ inPlace }: MatrixPlan): string[] {
    return range(neighbours).flatMap((g) =>
      range(productsN).map((n) => {
        const at = `firstColumn + subgroupColumn + ${n * unitN}u`;
        const column = exact.batch ? at : `min(${at}, ${batch - unitN}u)`;
        const k = exact.d ? `firstGroup + ${g}u` : `min(firstGroup + ${g}u, ${d - 1}u)`;
        return `let inputs${g}_${n} = ${times(column, inPlace.vectors)} + ${times(`group_i * ${c * d}u + ${k}`, inPlace.feature)};`;
      }),
    );
  }

  return {
    label: `kronecker-sparse ${pattern} ${kroneckerSparseName(variant)}${epilogueName(epilogue)}`,
    enables: [...enabledBy(outputs.dtype), ...MATRIX_UNITS_ENABLES],
    bindings: [
      { name: "x", elements: stored, access: "read" },
      { name: "w", elements: stored, access: "read" },
      { name: "y", elements: dtype === "i8" ? sum : dtype, access: "read-write" },
      ...epilogueBindings(outputs, WIDTHS),
    ],
    wgsl,
    workgroups: grid,
  };
}

/** Brings the inputs of a turn to workgroup memory, in the order of their addresses; zeros past the ends. */
function stage(problem: MatrixProblem, plan: MatrixPlan): string {
  const { pattern, batch, layout, dtype } = problem;
  const { c, d } = pattern;
  const { tileN, tileK, threads, neighbours } = plan;
  const x = stridesOf(problem, pattern.cols);
  const { stored, perWord } = MATRIX_ELEMENTS[dtype];
  // Of a word, the first of its neighbouring columns.
  const columns = tileN / perWord;
  const [first, last] = perWord === 1 ? ["", ""] : ["(", `) * ${perWord}u`];
  const place =
    layout === "batch-last"
      ? `let column = ${first}e % ${columns}u${last};
      let step = e / ${columns}u % ${tileK}u;
      let neighbour = e / ${columns * tileK}u;`
      : `let neighbour = e % ${neighbours}u;
      let step = e / ${neighbours}u % ${tileK}u;
      let column = ${first}e / ${neighbours * tileK}u${last};`;
  const at = (index: string, count: number, fits: boolean): string =>
    fits ? index : `min(${index}, ${count - 1}u)`;
  const l = at("depth + step", c, c % tileK === 0);
  const k = at("firstGroup + neighbour", d, d % neighbours === 0);
  const element = (column: string): { index: string; inside: string[] } => ({
    index: `${times(at(column, batch, batch % tileN === 0), x.vector)} + ${times(`(group_i * ${c}u + ${l}) * ${d}u + ${k}`, x.feature)}`,
    inside: [
      c % tileK !== 0 && `depth + step < ${c}u`,
      batch % tileN !== 0 && `${column} < ${batch}u`,
      d % neighbours !== 0 && `firstGroup + neighbour < ${d}u`,
    ].filter((condition) => condition !== false),
  });
  const load = (column: string): string => {
    const { index, inside } = element(column);
    const value =
      perWord === 1 ? `x[${index}]` : `((x[(${index}) / 4u] >> ((${index}) % 4u * 8u)) & 255u)`;
    return inside.length === 0 ? value : `select(${stored}(0), ${value}, ${inside.join(" && ")})`;
  };
  const word =
    perWord === 1
      ? load("firstColumn + column")
      : range(perWord)
          .map((e) => `(${load(`firstColumn + column + ${e}u`)} << ${8 * e}u)`)
          .join(" | ");
  return `for (var e = thread; e < ${neighbours * tileK * columns}u; e += ${threads}u) {
      ${place}
      inputs[${perWord === 1 ? "" : "("}(neighbour * ${tileK}u + step) * ${tileN}u + column${perWord === 1 ? "" : `) / ${perWord}u`}] = ${word};
    }
    workgroupBarrier();`;
}
