import { PapilioError } from "@papilio/butterfly";
import { stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { epilogueName, epilogueWgsl, storeWgsl } from "../epilogue.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { MATRIX_UNITS_ENABLES } from "../matrix-units.ts";
import { clamped, enabledBy, opaque, times } from "../wgsl.ts";
import { chainBindings } from "./chain-bindings.ts";
import { chainTiles } from "./chain-tiles.ts";
import { localFactors } from "./local-factors.ts";
import { fitsMatrixUnits, matrixChainPlan } from "./matrix-plan.ts";
import type { FusedChainProblem } from "./problem.ts";
import { fusedChainName, type MatrixFusedChain } from "./variant.ts";

/** Elements of each load and store. */
const WIDTHS = { x: 1, w: 1, y: 1 };

/**
 * Generates the kernel that keeps a block's numbers in workgroup memory and multiplies on matrix units,
 * factor by factor. Rows of a factor's inputs lie as far apart as its shuffle says: nothing is rearranged.
 * What lies between the factors is summed in float32 and rounded to half precision, which the units read.
 *
 * @throws PapilioError `RANGE_NOT_FUSED` unless operands are in half precision and blocks are whole products
 */
export function matrixChainKernel(problem: FusedChainProblem, variant: MatrixFusedChain): Kernel {
  const { chain, batch, dtype, layout, bias, inPlace, epilogue } = problem;
  const { unitM, unitN, unitK, subgroup, subgroups, tileN } = variant;
  if (dtype !== "f16" || !fitsMatrixUnits(problem, variant)) {
    throw new PapilioError(
      "RANGE_NOT_FUSED",
      `The range ${chain} in ${dtype} cannot be one kernel on matrix units of ${unitM} x ${unitN} x ${unitK}.`,
      "Use f16 and blocks that such products divide, or fuse without matrix units.",
    );
  }
  const plan = matrixChainPlan(problem, variant);
  const product = chain.product();
  const strides = { x: stridesOf(problem, chain.cols), y: stridesOf(problem, chain.rows) };
  const { grid, exact, begin } = chainTiles(problem, tileN);
  const columns = tileN / unitN;
  let firstWeight = 0;

  /** A loop over `rows` features of the block for each vector, in the order of their addresses. */
  const loop = (rows: number, body: string): string => {
    const [row, column] =
      layout === "batch-last"
        ? [`e / ${tileN}u`, `e % ${tileN}u`]
        : [`e % ${rows}u`, `e / ${rows}u`];
    return `for (var e = thread; e < ${opaque(rows * tileN)}; e += ${plan.threads}u) {
    let row = ${row};
    let column = ${column};
    ${body}
  }`;
  };
  const feature = (rows: number): string => `(group_i * ${rows}u + row) * ${product.d}u + group_k`;
  const place = (vector: string, name: "x" | "y", rows: number): string =>
    `${times(vector, strides[name].vector)} + ${times(feature(rows), strides[name].feature)}`;
  const vector = clamped("firstColumn + column", batch, exact);

  const products = localFactors(chain).map(({ pattern: { a, b, c, d } }) => {
    const rowTiles = b / unitM;
    const first = firstWeight;
    firstWeight += a * b * c * d;
    // An invocation's subgroup has whole products of its own: no barrier lies within the loop.
    return `for (var turn = member; turn < ${opaque(a * d * rowTiles * columns)}; turn += ${subgroups}u) {
    let firstOfColumns = turn % ${columns}u * ${unitN}u;
    let firstOfRows = turn / ${columns}u % ${rowTiles}u * ${unitM}u;
    let inner = turn / ${columns * rowTiles}u;
    let inner_i = inner / ${d}u;
    let inner_k = inner % ${d}u;
    let firstOfWeights = weights + ${first}u + (inner * ${b}u + firstOfRows) * ${c}u;
    let firstOfInputs = (inner_i * ${c * d}u + inner_k) * ${tileN}u + firstOfColumns;
    var product = none;
    for (var depth = 0u; depth < ${opaque(c)}; depth += ${unitK}u) {
      let left = subgroupMatrixLoad<Left, row_major>(&w, firstOfWeights + depth, ${c}u);
      let right = subgroupMatrixLoad<Right, row_major>(&inputs, firstOfInputs + depth * ${d * tileN}u, ${d * tileN}u);
      product = subgroupMatrixMultiplyAccumulate(left, right, product);
    }
    subgroupMatrixStore<row_major>(&sums, ((inner_i * ${b}u + firstOfRows) * ${d}u + inner_k) * ${tileN}u + firstOfColumns, product, ${d * tileN}u);
  }
  workgroupBarrier();`;
  });
  const between = localFactors(chain)
    .slice(1)
    .map(
      ({
        pattern,
      }) => `for (var e = thread; e < ${opaque(pattern.cols * tileN)}; e += ${plan.threads}u) {
    inputs[e] = f16(sums[e]);
  }
  workgroupBarrier();`,
    );
  const read = `${inPlace ? "y" : "x"}[${place(vector, "x", product.c)}]`;
  const value = `sums[row * ${tileN}u + column]${bias ? ` + f32(bias[${feature(product.b)}])` : ""}`;
  return {
    label: `fused-chain ${chain} ${fusedChainName(variant)}${epilogueName(epilogue)}`,
    enables: [...enabledBy(dtype), ...MATRIX_UNITS_ENABLES],
    bindings: chainBindings(problem, WIDTHS),
    workgroups: grid,
    wgsl: `${epilogueWgsl(problem, WIDTHS)}alias Left = subgroup_matrix_left<f16, ${unitK}, ${unitM}>;
alias Right = subgroup_matrix_right<f16, ${unitN}, ${unitK}>;
alias Sums = subgroup_matrix_result<f32, ${unitN}, ${unitM}>;
var<workgroup> inputs: array<f16, ${plan.inputs}>;
var<workgroup> sums: array<f32, ${plan.sums}>;

// The member is the same for a whole subgroup, which the analysis of uniformity cannot see.
@diagnostic(off, chromium.subgroup_matrix_uniformity)
@compute @workgroup_size(${plan.threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  ${begin}
  let member = thread / ${subgroup}u;
  var none: Sums;
  ${loop(product.c, `inputs[row * ${tileN}u + column] = ${read};`)}
  workgroupBarrier();
  ${products.map((each, index) => [each, between[index] ?? ""].join("\n  ")).join("\n  ")}
  ${loop(
    product.b,
    guarded(
      [!exact && `firstColumn + column < ${batch}u`],
      storeWgsl(problem, WIDTHS, place("firstColumn + column", "y", product.b), value),
    ),
  )}
}
`,
  };
}
