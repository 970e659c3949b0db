import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { literal } from "../activation.ts";
import { headAt, keyValueHead, keyVector, limitWgsl, visibleTo } from "../attention/visibility.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { clamped, narrowed, range, times } from "../wgsl.ts";
import { gradientBytes } from "./choose.ts";
import { type AttentionGradientProblem, STATISTICS, sizesOf, strideOf } from "./problem.ts";
import { everyFeature, featureOf, loadsOf } from "./shared-loads.ts";
import { differentiate } from "./slopes.ts";
import type { AttentionGradientVariant } from "./variant.ts";

/** Generates the gradient by the queries: invocations along the queries, in turn all keys. */
export function queriesShader(
  problem: AttentionGradientProblem,
  variant: AttentionGradientVariant,
): Pick<Kernel, "wgsl" | "workgroups"> {
  const sizes = sizesOf(problem);
  const { sequences, queries, heads, causal, dtype } = problem;
  const { own, others, workgroup } = variant;
  const { loads, mine, across, builtin } = loadsOf(variant);
  const perTile = workgroup * own;
  const queryTiles = Math.ceil(queries / perTile);
  const tiles = queryTiles * heads * sequences;
  const grid = dispatchGrid(tiles);
  const exact = queries % perTile === 0;
  const js = range(own);
  const ks = range(others);
  const statistics = strideOf(problem, "statistics");
  const sum = (j: number): string => `sums[(${times("f", own)} + ${j}u) * ${workgroup}u + lane]`;
  const queryAt = (name: "q" | "dy" | "dq", j: number): string =>
    headAt(sizes, strideOf(problem, name), `n${j}`, "head");
  const keyAt = (name: "k" | "v", r: number): string =>
    headAt(sizes, strideOf(problem, name), keyVector(sizes, mine(r)), keyValueHead(sizes));

  const wgsl = `var<workgroup> sums: array<f32, ${gradientBytes(problem, variant, 1) / 4}>;

@compute @workgroup_size(${workgroup})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
  ${builtin}
) {
  ${tileIndexWgsl(grid, tiles)}
  let firstQuery = (tile % ${queryTiles}u) * ${perTile}u;
  let head = (tile / ${queryTiles}u) % ${heads}u;
  let sequence = tile / ${queryTiles * heads}u;
  ${limitWgsl(sizes)}
  // Tiles of keys that no query of this workgroup sees are left out.
  let end = ${visibleTo(sizes, clamped(`firstQuery + ${perTile - 1}u`, queries, exact))};
  ${js
    .flatMap((j) => [
      `let t${j} = firstQuery + ${j * workgroup}u + lane;`,
      `let n${j} = sequence * ${queries}u + ${clamped(`t${j}`, queries, exact)};`,
      `let q${j} = ${queryAt("q", j)};`,
      `let dy${j} = ${queryAt("dy", j)};`,
      `let end${j} = ${causal ? visibleTo(sizes, `t${j}`) : "end"};`,
      `let statistic${j} = ${times(`n${j}`, statistics.vector)} + ${times("head", STATISTICS * statistics.feature)};`,
      `let logarithm${j} = statistics[statistic${j}];`,
      `let mean${j} = statistics[statistic${j} + ${statistics.feature}u];`,
    ])
    .join("\n  ")}
  for (var first = 0u; first < end; first += ${others}u) {
    ${loads.flatMap((r) => [`let key${r} = ${keyAt("k", r)};`, `let value${r} = ${keyAt("v", r)};`]).join("\n    ")}
    ${js.flatMap((j) => ks.map((k) => `var s${j}_${k} = 0.0; var p${j}_${k} = 0.0;`)).join("\n    ")}
    ${everyFeature(problem, [
      ...loads.flatMap((r) => [
        `let sharedKey${r} = ${featureOf(problem, "k", `key${r}`)};`,
        `let sharedValue${r} = ${featureOf(problem, "v", `value${r}`)};`,
      ]),
      ...js.flatMap((j) => [
        `let x${j} = ${featureOf(problem, "q", `q${j}`)};`,
        `let g${j} = ${featureOf(problem, "dy", `dy${j}`)};`,
      ]),
      ...ks.flatMap((k) => [
        `let across${k} = ${across("sharedKey", k)};`,
        `let beside${k} = ${across("sharedValue", k)};`,
        ...js.flatMap((j) => [
          `s${j}_${k} = fma(across${k}, x${j}, s${j}_${k});`,
          `p${j}_${k} = fma(beside${k}, g${j}, p${j}_${k});`,
        ]),
      ]),
    ])}
    ${js
      .flatMap((j) =>
        ks.flatMap((k) =>
          differentiate(
            problem,
            { score: `s${j}_${k}`, product: `p${j}_${k}` },
            { logarithm: `logarithm${j}`, mean: `mean${j}` },
            `first + ${k}u < end${j}`,
          ),
        ),
      )
      .join("\n    ")}
    ${everyFeature(problem, [
      // Past the limit there may be anything, NaN included, which no weight makes zero.
      ...loads.map(
        (r) =>
          `let shared${r} = select(0.0, ${featureOf(problem, "k", `key${r}`)}, ${mine(r)} < limit);`,
      ),
      ...js.map((j) => `var z${j} = ${sum(j)};`),
      ...ks.flatMap((k) => [
        `let across${k} = ${across("shared", k)};`,
        ...js.map((j) => `z${j} = fma(across${k}, p${j}_${k}, z${j});`),
      ]),
      ...js.map((j) => `${sum(j)} = z${j};`),
    ])}
  }
  ${js.map((j) => `let dq${j} = ${queryAt("dq", j)};`).join("\n  ")}
  ${everyFeature(
    problem,
    js.map((j) => {
      const to = `dq[dq${j} + ${times("f", strideOf(problem, "dq").feature)}]`;
      const value = narrowed(dtype, 1, `${sum(j)} * ${literal(problem.scale)}`);
      return guarded([!exact && `t${j} < ${queries}u`], `${to} = ${value};`);
    }),
  )}
}
`;
  return { wgsl, workgroups: grid };
}
