import type { Kernel } from "../../device/kernel.ts";
import { LOWEST, score, weigh } from "../attention/online-softmax.ts";
import { headAt, keyValueHead, keyVector } from "../attention/visibility.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { isNotFiniteWgsl, nanWgsl } from "../not-a-number.ts";
import { range } from "../wgsl.ts";
import { type AttentionGradientProblem, sizesOf, strideOf } from "./problem.ts";
import { queryTile } from "./query-tile.ts";
import { everyFeature, featureOf, loadsOf } from "./shared-loads.ts";
import type { AttentionGradientVariant } from "./variant.ts";

/** Generates the statistics of queries, with an online softmax over tiles of keys. */
export function statisticsShader(
  problem: AttentionGradientProblem,
  variant: AttentionGradientVariant,
): Pick<Kernel, "wgsl" | "workgroups"> {
  const sizes = sizesOf(problem);
  const { queries } = problem;
  const { own, others, workgroup } = variant;
  const { loads, mine, across, builtin } = loadsOf(variant);
  const tile = queryTile(problem, variant);
  const js = range(own);
  const ks = range(others);
  const statistics = strideOf(problem, "statistics");
  const queryAt = (name: "q" | "y" | "dy", j: number): string =>
    headAt(sizes, strideOf(problem, name), `n${j}`, "head");

  const wgsl = `@compute @workgroup_size(${workgroup})
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
      `let y${j} = ${queryAt("y", j)};`,
      `let dy${j} = ${queryAt("dy", j)};`,
      tile.end(j),
      `var highest${j} = ${LOWEST};`,
      `var total${j} = 0.0;`,
      `var mean${j} = 0.0;`,
    ])
    .join("\n  ")}
  for (var first = 0u; first < end; first += ${others}u) {
    ${loads
      .map((r) => {
        const vector = keyVector(sizes, mine(r));
        return `let key${r} = ${headAt(sizes, strideOf(problem, "k"), vector, keyValueHead(sizes))};`;
      })
      .join("\n    ")}
    ${js.flatMap((j) => ks.map((k) => `var s${j}_${k} = 0.0;`)).join("\n    ")}
    ${everyFeature(problem, [
      ...loads.map((r) => `let shared${r} = ${featureOf(problem, "k", `key${r}`)};`),
      ...js.map((j) => `let x${j} = ${featureOf(problem, "q", `q${j}`)};`),
      ...ks.flatMap((k) => [
        `let across${k} = ${across("shared", k)};`,
        ...js.map((j) => `s${j}_${k} = fma(across${k}, x${j}, s${j}_${k});`),
      ]),
    ])}
    ${js
      .flatMap((j) => {
        const scores = ks.map((k) => `s${j}_${k}`);
        const seen = ks.map((k) => `first + ${k}u < end${j}`);
        return [
          ...score(sizes, `peak${j}`, `highest${j}`, scores, seen),
          ...weigh(j, `peak${j}`, scores, seen),
        ];
      })
      .join("\n    ")}
  }
  ${everyFeature(
    problem,
    js.map(
      (j) =>
        `mean${j} = fma(${featureOf(problem, "y", `y${j}`)}, ${featureOf(problem, "dy", `dy${j}`)}, mean${j});`,
    ),
  )}
  ${js
    .flatMap((j) => {
      const wrong = `${isNotFiniteWgsl(`highest${j}`, 1)} || highest${j} <= ${LOWEST}`;
      const logarithm = `select(highest${j} + log2(total${j}), ${nanWgsl("group.z", 1)}, ${wrong})`;
      return [
        `let statistic${j} = ${tile.statistic(j)};`,
        guarded(
          [!tile.exact && `t${j} < ${queries}u`],
          `statistics[statistic${j}] = select(0.0, ${logarithm}, end${j} > 0u);
    statistics[statistic${j} + ${statistics.feature}u] = mean${j};`,
        ),
      ];
    })
    .join("\n  ")}
}
`;
  return { wgsl, workgroups: tile.workgroups };
}
