import type { Kernel } from "../../device/kernel.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { clamped, narrowed, opaque, range, times } from "../wgsl.ts";
import { LOWEST, score, shareOf, weigh } from "./online-softmax.ts";
import { type AttentionProblem, attentionStrides } from "./problem.ts";
import { queryTiles } from "./query-tiles.ts";
import type { RegisterAttention } from "./variant.ts";
import { headAt, keyValueHead, keyVector, visibleTo } from "./visibility.ts";

/** Workgroup memory that a variant takes, in bytes. */
export function registerBytes(
  { headFeatures }: Pick<AttentionProblem, "headFeatures">,
  { queries, workgroup }: RegisterAttention,
): number {
  return 4 * workgroup * queries * headFeatures;
}

/**
 * Generates attention with the scores of a tile of keys in registers and an online softmax over the
 * tiles, as in FlashAttention (Dao et al., arXiv 2205.14135, algorithm 1).
 *
 * On software adapters a load costs as much as many multiply-adds. Each number of a key is loaded once
 * for all queries of a subgroup, and each number of a query once for all keys of the tile.
 */
export function registerAttention(
  problem: AttentionProblem,
  variant: RegisterAttention,
): Omit<Kernel, "label" | "bindings"> {
  const { queries, headFeatures, dtype, causal } = problem;
  const { queries: each, keys: span, workgroup, broadcast } = variant;
  const stride = attentionStrides(problem);
  const perTile = workgroup * each;
  const { grid, exact, begin } = queryTiles(problem, perTile);
  const js = range(each);
  const ks = range(span);
  const rs = range(broadcast === "load" ? span : Math.ceil(span / broadcast));
  /** Key of load `r`. */
  const mine = (r: number): string =>
    broadcast === "load" ? `first + ${r}u` : `first + ${r * broadcast}u + member`;
  const shared = (key: number): string =>
    broadcast === "load"
      ? `shared${key}`
      : `subgroupBroadcast(shared${Math.floor(key / broadcast)}, ${key % broadcast}u)`;
  // In workgroup memory though each has its own: it is faster to compile than private memory, which
  // drivers clear number by number.
  const sum = (j: number): string => `sums[(${times("f", each)} + ${j}u) * ${workgroup}u + lane]`;
  const at = (operand: keyof typeof stride): string => times("f", stride[operand].feature);
  const everyFeature = (body: readonly string[]): string =>
    `for (var f = 0u; f < ${opaque(headFeatures)}; f++) {
      ${body.join("\n      ")}
    }`;

  const wgsl = `var<workgroup> sums: array<f32, ${headFeatures * each * workgroup}>;

@compute @workgroup_size(${workgroup})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
  ${broadcast === "load" ? "" : "@builtin(subgroup_invocation_id) member: u32,"}
) {
  ${begin}
  ${js
    .flatMap((j) => [
      `let t${j} = firstQuery + ${j * workgroup}u + lane;`,
      `let n${j} = sequence * ${queries}u + ${clamped(`t${j}`, queries, exact)};`,
      `let q${j} = ${headAt(problem, stride.q, `n${j}`, "head")};`,
      `let end${j} = ${causal ? visibleTo(problem, `t${j}`) : "end"};`,
      `var highest${j} = ${LOWEST};`,
      `var total${j} = 0.0;`,
    ])
    .join("\n  ")}
  for (var first = 0u; first < end; first += ${span}u) {
    ${rs
      .map(
        (r) =>
          `let key${r} = ${headAt(problem, stride.k, keyVector(problem, mine(r)), keyValueHead(problem))};`,
      )
      .join("\n    ")}
    ${js.flatMap((j) => ks.map((k) => `var s${j}_${k} = 0.0;`)).join("\n    ")}
    ${everyFeature([
      ...rs.map((r) => `let shared${r} = f32(k[key${r} + ${at("k")}]);`),
      ...js.map((j) => `let x${j} = f32(q[q${j} + ${at("q")}]);`),
      ...ks.flatMap((k) => [
        `let across${k} = ${shared(k)};`,
        ...js.map((j) => `s${j}_${k} = fma(across${k}, x${j}, s${j}_${k});`),
      ]),
    ])}
    ${js
      .flatMap((j) => {
        const scores = ks.map((k) => `s${j}_${k}`);
        const seen = ks.map((k) => `first + ${k}u < end${j}`);
        return [
          ...score(problem, `peak${j}`, `highest${j}`, scores, seen),
          ...weigh(j, `peak${j}`, scores, seen),
        ];
      })
      .join("\n    ")}
    ${rs
      .map(
        (r) =>
          `let value${r} = ${headAt(problem, stride.v, keyVector(problem, mine(r)), keyValueHead(problem))};`,
      )
      .join("\n    ")}
    ${everyFeature([
      // Past the limit there may be anything, NaN included, which no weight makes zero.
      ...rs.map(
        (r) => `let shared${r} = select(0.0, f32(v[value${r} + ${at("v")}]), ${mine(r)} < limit);`,
      ),
      ...js.map((j) => `var z${j} = ${sum(j)} * keep${j};`),
      ...ks.flatMap((k) => [
        `let across${k} = ${shared(k)};`,
        ...js.map((j) => `z${j} = fma(across${k}, s${j}_${k}, z${j});`),
      ]),
      ...js.map((j) => `${sum(j)} = z${j};`),
    ])}
  }
  ${js
    .flatMap((j) => [
      `let share${j} = ${shareOf(`total${j}`, `highest${j}`, `end${j}`)};`,
      `let y${j} = ${headAt(problem, stride.y, `n${j}`, "head")};`,
    ])
    .join("\n  ")}
  ${everyFeature(
    js.map((j) =>
      guarded(
        [!exact && `t${j} < ${queries}u`],
        `y[y${j} + ${at("y")}] = ${narrowed(dtype, 1, `${sum(j)} * share${j}`)};`,
      ),
    ),
  )}
}
`;
  return { enables: broadcast === "load" ? [] : ["subgroups"], wgsl, workgroups: grid };
}
