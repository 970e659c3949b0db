import { PapilioError } from "@papilio/butterfly";
import type { Kernel } from "../../device/kernel.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { MATRIX_UNITS_ENABLES } from "../matrix-units.ts";
import { largerWgsl } from "../not-a-number.ts";
import { opaque, range, times } from "../wgsl.ts";
import { matrixAttentionPlan } from "./matrix-plan.ts";
import { LOWEST, score, shareOf, weigh } from "./online-softmax.ts";
import { type AttentionProblem, attentionStrides } from "./problem.ts";
import { queryTiles } from "./query-tiles.ts";
import { stageWgsl } from "./stage.ts";
import type { MatrixAttention } from "./variant.ts";
import { headAt, visibleTo } from "./visibility.ts";

type Operand = "q" | "k" | "v";

/** Weights are at most one: so much of them that those above 2^-28 are normal numbers of half precision. */
const WEIGHTS = "16384.0";

/**
 * Generates attention on the adapter's matrix units: FlashAttention-2 (Dao, arXiv 2307.08691), in which a
 * subgroup owns rows of queries. WGSL does not say which elements of a product an invocation holds, so
 * products pass through workgroup memory; each invocation keeps sums of a query of its own in registers.
 *
 * @throws PapilioError `KERNEL_PROBLEM` unless operands are in half precision
 */
export function matrixAttention(
  problem: AttentionProblem,
  variant: MatrixAttention,
): Omit<Kernel, "label" | "bindings"> {
  const { queries, headFeatures, dtype, causal } = problem;
  if (dtype !== "f16") {
    throw new PapilioError(
      "KERNEL_PROBLEM",
      `Attention on matrix units is asked for in ${dtype}, but its operands are in f16.`,
      "Use f16, or choose another variant.",
    );
  }
  const { unitM, unitN, unitK, subgroup, keys } = variant;
  const plan = matrixAttentionPlan(problem, variant);
  const { features, lanes, weights, sums, threads } = plan;
  const { y } = attentionStrides(problem);
  const { grid, exact, begin } = queryTiles(problem, plan.queries);
  const scores = range(keys / lanes).map((k) => `s${k}`);
  const seen = scores.map((_, k) => `first + ${k * lanes}u + part < end0`);
  const own = range(features / lanes).map((g) => `z${g}`);
  const sum = (column: number): string => `sums[ownSums + ${column}u]`;
  const memory = (operand: Operand): string => (operand === "q" ? "queries" : "stage");
  const placeOf = (operand: Operand, vector: string, feature: string): string => {
    const { stride } = plan[operand];
    return problem[operand].layout === "batch-first"
      ? `(${vector}) * ${stride}u + ${feature}`
      : `(${feature}) * ${stride}u + ${vector}`;
  };
  const stage = (operand: Operand, firstVector: string): string =>
    stageWgsl(problem, {
      operand,
      vectors: operand === "q" ? plan.queries : keys,
      features,
      firstVector,
      firstFeature: "0u",
      threads,
      number: (stored) => stored,
      zero: "0.0h",
      to: `${memory(operand)}[${placeOf(operand, "place", "column")}]`,
    });
  const load = (operand: Operand, vector: string, feature: string): string => {
    const { majorness, stride } = plan[operand];
    const type = operand === "q" ? "Left" : "Right";
    return `subgroupMatrixLoad<${type}, ${majorness}>(&${memory(operand)}, ${placeOf(operand, vector, feature)}, ${stride}u)`;
  };
  const ns = range(keys / unitN);
  const ks = range(keys / unitK);

  /** Defines `name` of the numbers `from` of the invocations of a query. */
  const reduce = (
    name: string,
    from: string,
    join: (all: string, other: string) => string,
  ): string =>
    lanes === 1
      ? `let ${name} = ${from};`
      : `exchange[row * ${lanes}u + part] = ${from};
    workgroupBarrier();
    var ${name} = exchange[row * ${lanes}u];
    for (var other = 1u; other < ${lanes}u; other++) {
      ${name} = ${join(name, `exchange[row * ${lanes}u + other]`)};
    }`;

  const wgsl = `alias Left = subgroup_matrix_left<f16, ${unitK}, ${unitM}>;
alias Right = subgroup_matrix_right<f16, ${unitN}, ${unitK}>;
alias Sums = subgroup_matrix_result<f32, ${unitN}, ${unitM}>;
var<workgroup> queries: array<f16, ${plan.q.elements}>;
var<workgroup> stage: array<f16, ${Math.max(plan.k.elements, plan.v.elements)}>;
var<workgroup> weights: array<f16, ${weights.elements}>;
var<workgroup> sums: array<f32, ${sums.elements}>;
${lanes === 1 ? "" : `var<workgroup> exchange: array<f32, ${plan.exchange}>;\n`}
// The member is the same for a whole subgroup, which the analysis of uniformity cannot see.
@diagnostic(off, chromium.subgroup_matrix_uniformity)
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  ${begin}
  let member = thread / ${subgroup}u;
  let row = thread / ${lanes}u;
  let part = thread % ${lanes}u;
  let ownSums = row * ${sums.stride}u + part;
  let ownWeights = row * ${weights.stride}u + part;
  let memberSums = member * ${unitM * sums.stride}u;
  let memberWeights = member * ${unitM * weights.stride}u;
  let t0 = firstQuery + row;
  let end0 = ${causal ? visibleTo(problem, "t0") : "end"};
  // A variable of a loop keeps its products from turn to turn (lavapipe, Mesa 26): it is given none instead.
  var none: Sums;
  var highest0 = ${LOWEST};
  var total0 = 0.0;
  ${own.map((name) => `var ${name} = 0.0;`).join("\n  ")}
  ${stage("q", "firstQuery")}
  for (var first = 0u; first < end; first += ${keys}u) {
    ${stage("k", "first")}
    workgroupBarrier();
    ${ns.map((n) => `var product${n} = none;`).join("\n    ")}
    for (var depth = 0u; depth < ${opaque(features)}; depth += ${unitK}u) {
      let q0 = ${load("q", `member * ${unitM}u`, "depth")};
      ${ns
        .flatMap((n) => [
          `let k${n} = ${load("k", `${n * unitN}u`, "depth")};`,
          `product${n} = subgroupMatrixMultiplyAccumulate(q0, k${n}, product${n});`,
        ])
        .join("\n      ")}
    }
    ${ns
      .map(
        (n) =>
          `subgroupMatrixStore<row_major>(&sums, memberSums + ${n * unitN}u, product${n}, ${sums.stride}u);`,
      )
      .join("\n    ")}
    workgroupBarrier();
    ${scores.map((name, k) => `var ${name} = ${sum(k * lanes)};`).join("\n    ")}
    ${score(problem, "own", "highest0", scores, seen).join("\n    ")}
    ${reduce("peak", "own", (all, other) => largerWgsl(all, other, 1))}
    ${weigh(0, "peak", scores, seen, (weight) => `f32(f16(${weight} * ${WEIGHTS}))`).join("\n    ")}
    ${scores.map((name, k) => `weights[ownWeights + ${k * lanes}u] = f16(${name});`).join("\n    ")}
    ${stage("v", "first")}
    workgroupBarrier();
    ${ks
      .map(
        (k) =>
          `let weights${k} = subgroupMatrixLoad<Left, row_major>(&weights, memberWeights + ${k * unitK}u, ${weights.stride}u);`,
      )
      .join("\n    ")}
    for (var start = 0u; start < ${opaque(features)}; start += ${unitN}u) {
      var product = none;
      ${ks
        .flatMap((k) => [
          `let v${k} = ${load("v", `${k * unitK}u`, "start")};`,
          `product = subgroupMatrixMultiplyAccumulate(weights${k}, v${k}, product);`,
        ])
        .join("\n      ")}
      subgroupMatrixStore<row_major>(&sums, memberSums + start, product, ${sums.stride}u);
    }
    workgroupBarrier();
    ${own.map((name, g) => `${name} = fma(${name}, keep0, ${sum(g * lanes)});`).join("\n    ")}
  }
  ${reduce("all", "total0", (all, other) => `${all} + ${other}`)}
  let share = ${shareOf("all", "highest0", "end0")};
  ${own.map((name, g) => `${sum(g * lanes)} = ${name} * share;`).join("\n  ")}
  workgroupBarrier();
  for (var e = thread; e < ${opaque(plan.queries * headFeatures)}; e += ${threads}u) {
    ${
      problem.y.layout === "batch-last"
        ? `let place = e % ${plan.queries}u;
    let f = e / ${plan.queries}u;`
        : `let place = e / ${headFeatures}u;
    let f = e % ${headFeatures}u;`
    }
    let t = firstQuery + place;
    ${guarded(
      [!exact && `t < ${queries}u`],
      `y[${headAt(problem, y, `(sequence * ${queries}u + t)`, "head")} + ${times("f", y.feature)}] = f16(sums[place * ${sums.stride}u + f]);`,
    )}
  }
}
`;
  return { enables: MATRIX_UNITS_ENABLES, wgsl, workgroups: grid };
}
