import type { Kernel } from "../../device/kernel.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { largerWgsl } from "../not-a-number.ts";
import { narrowed, opaque, range, times } from "../wgsl.ts";
import { LOWEST, score, shareOf, weigh } from "./online-softmax.ts";
import { type AttentionProblem, attentionStrides } from "./problem.ts";
import { queryTiles } from "./query-tiles.ts";
import { stageWgsl } from "./stage.ts";
import type { WorkgroupAttention } from "./variant.ts";
import { headAt, visibleTo } from "./visibility.ts";
import { workgroupPlan } from "./workgroup-plan.ts";

/**
 * Generates attention that stages tiles in workgroup memory: FlashAttention (Dao et al., arXiv
 * 2205.14135, algorithm 1) on the registers of a tiled matrix product. The invocations of a row agree
 * on the maximum of each tile; each adds up the weights of its own keys, and their sums are reduced at the end.
 */
export function workgroupAttention(
  problem: AttentionProblem,
  variant: WorkgroupAttention,
): Omit<Kernel, "label" | "bindings"> {
  const { queries, headFeatures, dtype, causal } = problem;
  const { queriesEach, keyThreads, keysEach } = variant;
  const plan = workgroupPlan(problem, variant);
  const stride = attentionStrides(problem);
  const { grid, exact, begin } = queryTiles(problem, plan.queries);
  const is = range(queriesEach);
  const ks = range(keysEach);
  const gs = range(plan.featuresEach);
  const query = (i: number): string => `(row * ${queriesEach}u + ${i}u)`;

  /** Stages numbers of an operand at the index `at` of `place`, the vector, and `column`, the feature. */
  function stage(
    operand: "q" | "k" | "v",
    [vectors, features]: readonly [number, number],
    from: { readonly vector: string; readonly feature: string },
    at: string,
  ): string {
    return stageWgsl(problem, {
      operand,
      vectors,
      features,
      firstVector: from.vector,
      firstFeature: from.feature,
      threads: plan.threads,
      number: (stored) => `f32(${stored})`,
      zero: "0.0",
      to: `stage[${at}]`,
    });
  }

  /** Defines `name` for each query of an invocation, joined from those of its row. */
  function reduce(name: string, own: string, join: (all: string, other: string) => string): string {
    const exchange = (i: number, other: string): string =>
      `exchange[${query(i)} * ${keyThreads}u + ${other}]`;
    return `${is.map((i) => `${exchange(i, "column")} = ${own}${i};`).join("\n    ")}
    workgroupBarrier();
    ${is.map((i) => `var ${name}${i} = ${exchange(i, "0u")};`).join("\n    ")}
    for (var other = 1u; other < ${opaque(keyThreads)}; other++) {
      ${is.map((i) => `${name}${i} = ${join(`${name}${i}`, exchange(i, "other"))};`).join("\n      ")}
    }`;
  }

  const products = steps(plan.depth, variant.unrolled, (l) => [
    ...is.map((i) => `let x${i} = stage[${l} * ${plan.queries}u + ${query(i)}];`),
    ...ks.flatMap((k) => [
      `let across${k} = stage[${plan.depth * plan.queries}u + ${l} * ${plan.keys}u + ${k * keyThreads}u + column];`,
      ...is.map((i) => `s${i}_${k} = fma(x${i}, across${k}, s${i}_${k});`),
    ]),
  ]);
  const values = steps(plan.values, variant.unrolled, (l) => [
    ...is.map((i) => `let w${i} = weights[(start + ${l}) * ${plan.queries}u + ${query(i)}];`),
    ...gs.flatMap((g) => [
      `let value${g} = stage[${l} * ${plan.features}u + ${g * keyThreads}u + column];`,
      ...is.map((i) => `z${i}_${g} = fma(w${i}, value${g}, z${i}_${g});`),
    ]),
  ]);

  const scoresOf = (i: number): string[] => ks.map((k) => `s${i}_${k}`);
  const seenBy = (i: number): string[] =>
    ks.map((k) => `first + ${k * keyThreads}u + column < end${i}`);
  const wgsl = `var<workgroup> stage: array<f32, ${plan.stage}>;
var<workgroup> weights: array<f32, ${plan.weights}>;
var<workgroup> exchange: array<f32, ${plan.exchange}>;

@compute @workgroup_size(${plan.threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  ${begin}
  let row = thread / ${keyThreads}u;
  let column = thread % ${keyThreads}u;
  ${is
    .flatMap((i) => [
      `let t${i} = firstQuery + ${query(i)};`,
      `let end${i} = ${causal ? visibleTo(problem, `t${i}`) : "end"};`,
      `var highest${i} = ${LOWEST};`,
      `var total${i} = 0.0;`,
      ...gs.map((g) => `var z${i}_${g} = 0.0;`),
    ])
    .join("\n  ")}
  for (var first = 0u; first < end; first += ${plan.keys}u) {
    ${is.flatMap((i) => ks.map((k) => `var s${i}_${k} = 0.0;`)).join("\n    ")}
    for (var start = 0u; start < ${opaque(headFeatures)}; start += ${plan.depth}u) {
      ${stage("q", [plan.queries, plan.depth], { vector: "firstQuery", feature: "start" }, `column * ${plan.queries}u + place`)}
      ${stage("k", [plan.keys, plan.depth], { vector: "first", feature: "start" }, `${plan.depth * plan.queries}u + column * ${plan.keys}u + place`)}
      workgroupBarrier();
      ${products}
      workgroupBarrier();
    }
    ${is
      .flatMap((i) => score(problem, `own${i}`, `highest${i}`, scoresOf(i), seenBy(i)))
      .join("\n    ")}
    ${reduce("peak", "own", (all, other) => largerWgsl(all, other, 1))}
    ${is
      .flatMap((i) => [
        ...weigh(i, `peak${i}`, scoresOf(i), seenBy(i)),
        ...gs.map((g) => `z${i}_${g} *= keep${i};`),
        ...ks.map(
          (k) =>
            `weights[(${k * keyThreads}u + column) * ${plan.queries}u + ${query(i)}] = s${i}_${k};`,
        ),
      ])
      .join("\n    ")}
    for (var start = 0u; start < ${opaque(plan.keys)}; start += ${plan.values}u) {
      ${stage("v", [plan.values, plan.features], { vector: "first + start", feature: "0u" }, `place * ${plan.features}u + column`)}
      workgroupBarrier();
      ${values}
      workgroupBarrier();
    }
  }
  ${reduce("all", "total", (all, other) => `${all} + ${other}`)}
  ${is
    .map((i) => {
      const at = headAt(problem, stride.y, `(sequence * ${queries}u + t${i})`, "head");
      const stores = gs.map((g) => {
        const f = `(${g * keyThreads}u + column)`;
        return guarded(
          [plan.features !== headFeatures && `${f} < ${headFeatures}u`],
          `y[y${i} + ${times(f, stride.y.feature)}] = ${narrowed(dtype, 1, `z${i}_${g} * share${i}`)};`,
        );
      });
      return `let y${i} = ${at};
  let share${i} = ${shareOf(`all${i}`, `highest${i}`, `end${i}`)};
  ${guarded([!exact && `t${i} < ${queries}u`], stores.join("\n  "))}`;
    })
    .join("\n  ")}
}
`;
  return { enables: [], wgsl, workgroups: grid };
}

/** A loop over `count` steps, `most` of them in a turn if it divides them. */
function steps(count: number, most: number, body: (l: string) => string[]): string {
  const unrolled = count % most === 0 ? most : 1;
  const turn = range(unrolled).map((u) => `{ ${body(`(l + ${u}u)`).join("\n          ")} }`);
  return `for (var l = 0u; l < ${opaque(count)}; l += ${unrolled}u) {
        ${turn.join("\n        ")}
      }`;
}
