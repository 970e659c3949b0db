import type { Kernel } from "../../device/kernel.ts";
import { literal } from "../activation.ts";
import { headAt, keyValueHead, keyVector } from "../attention/visibility.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { narrowed, range, times } from "../wgsl.ts";
import { gradientBytes } from "./choose.ts";
import { pairProducts } from "./pair-products.ts";
import { type AttentionGradientProblem, sizesOf, strideOf } from "./problem.ts";
import { queryTile } from "./query-tile.ts";
import { everyFeature, featureOf, loadsOf } from "./shared-loads.ts";
import { differentiate } from "./slopes.ts";
import type { AttentionGradientVariant } from "./variant.ts";

/** Generates the gradient by the queries: invocations along the queries, in turn all keys. */
export function queriesShader(
  problem: AttentionGradientProblem,
  variant: AttentionGradientVariant,
): Pick<Kernel, "wgsl" | "workgroups"> {
  const sizes = sizesOf(problem);
  const { queries, dtype } = problem;
  const { own, others, workgroup } = variant;
  const shared = loadsOf(variant);
  const { loads, mine, across, builtin } = shared;
  const tile = queryTile(problem, variant);
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
  ${tile.begin}
  ${js
    .flatMap((j) => [
      ...tile.query(j),
      `let q${j} = ${queryAt("q", j)};`,
      `let dy${j} = ${queryAt("dy", j)};`,
      tile.end(j),
      `let statistic${j} = ${tile.statistic(j)};`,
      `let logarithm${j} = statistics[statistic${j}];`,
      `let mean${j} = statistics[statistic${j} + ${statistics.feature}u];`,
    ])
    .join("\n  ")}
  for (var first = 0u; first < end; first += ${others}u) {
    ${loads.flatMap((r) => [`let key${r} = ${keyAt("k", r)};`, `let value${r} = ${keyAt("v", r)};`]).join("\n    ")}
    ${js.flatMap((j) => ks.map((k) => `var s${j}_${k} = 0.0; var p${j}_${k} = 0.0;`)).join("\n    ")}
    ${pairProducts(
      problem,
      variant,
      shared,
      {
        ...{ name: "sharedKey", shared: "k", sharedAt: (r) => `key${r}` },
        ...{ own: "q", ownAt: (j) => `q${j}` },
      },
      {
        ...{ name: "sharedValue", shared: "v", sharedAt: (r) => `value${r}` },
        ...{ own: "dy", ownAt: (j) => `dy${j}` },
      },
    )}
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
      return guarded([!tile.exact && `t${j} < ${queries}u`], `${to} = ${value};`);
    }),
  )}
}
`;
  return { wgsl, workgroups: tile.workgroups };
}
