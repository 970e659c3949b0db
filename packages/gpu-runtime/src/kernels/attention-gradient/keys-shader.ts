import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { literal } from "../activation.ts";
import { headAt, keyVector, limitWgsl } from "../attention/visibility.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { clamped, narrowed, range, times } from "../wgsl.ts";
import { gradientBytes } from "./choose.ts";
import { pairProducts } from "./pair-products.ts";
import { type AttentionGradientProblem, STATISTICS, sizesOf, strideOf } from "./problem.ts";
import { everyFeature, featureOf, loadsOf } from "./shared-loads.ts";
import { differentiate } from "./slopes.ts";
import type { AttentionGradientVariant } from "./variant.ts";

/**
 * Generates the gradient by the keys and values: invocations along the keys, in turn all queries of all heads that
 * share them.
 */
export function keysShader(
  problem: AttentionGradientProblem,
  variant: AttentionGradientVariant,
): Pick<Kernel, "wgsl" | "workgroups"> {
  const sizes = sizesOf(problem);
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures, dtype } = problem;
  const { own, others, workgroup } = variant;
  const shared = loadsOf(variant);
  const { loads, mine, across, builtin } = shared;
  const perTile = workgroup * own;
  const keyTiles = Math.ceil(keys / perTile);
  const tiles = keyTiles * keyValueHeads * sequences;
  const grid = dispatchGrid(tiles);
  const exact = keys % perTile === 0;
  const sharing = heads / keyValueHeads;
  const js = range(own);
  const ks = range(others);
  const statistics = strideOf(problem, "statistics");
  const sum = (gradient: 0 | 1, j: number): string =>
    `sums[(${times("f", 2 * own)} + ${2 * j + gradient}u) * ${workgroup}u + lane]`;
  const keyAt = (name: "k" | "v" | "dkv", j: number): string =>
    headAt(sizes, strideOf(problem, name), `n${j}`, "sharedHead");
  const queryAt = (name: "q" | "dy", r: number): string =>
    headAt(sizes, strideOf(problem, name), `query${r}`, "head");
  const dkv = strideOf(problem, "dkv").feature;

  const wgsl = `var<workgroup> sums: array<f32, ${gradientBytes(problem, variant, 2) / 4}>;

@compute @workgroup_size(${workgroup})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
  ${builtin}
) {
  ${tileIndexWgsl(grid, tiles)}
  let firstKey = (tile % ${keyTiles}u) * ${perTile}u;
  let sharedHead = (tile / ${keyTiles}u) % ${keyValueHeads}u;
  let sequence = tile / ${keyTiles * keyValueHeads}u;
  ${limitWgsl(sizes)}
  // Queries that see no key of this workgroup are left out.
  let start = ${firstToSee(problem, "firstKey")};
  ${js
    .flatMap((j) => [
      `let u${j} = firstKey + ${j * workgroup}u + lane;`,
      `let n${j} = ${keyVector(sizes, `u${j}`)};`,
      `let k${j} = ${keyAt("k", j)};`,
      `let v${j} = ${keyAt("v", j)};`,
      `let dkv${j} = ${keyAt("dkv", j)};`,
      `let start${j} = ${firstToSee(problem, `u${j}`)};`,
    ])
    .join("\n  ")}
  for (var each = 0u; each < ${sharing}u + group.z; each++) {
    let head = sharedHead * ${sharing}u + each;
    for (var first = start; first < ${queries}u; first += ${others}u) {
      ${loads
        .flatMap((r) => [
          `let t${r} = ${clamped(mine(r), queries, false)};`,
          `let query${r} = sequence * ${queries}u + t${r};`,
        ])
        .join("\n      ")}
      ${loads
        .flatMap((r) => [
          `let q${r} = ${queryAt("q", r)};`,
          `let dy${r} = ${queryAt("dy", r)};`,
          `let statistic${r} = ${times(`query${r}`, statistics.vector)} + ${times("head", STATISTICS * statistics.feature)};`,
          `let sharedLogarithm${r} = statistics[statistic${r}];`,
          `let sharedMean${r} = statistics[statistic${r} + ${statistics.feature}u];`,
        ])
        .join("\n      ")}
      ${js.flatMap((j) => ks.map((k) => `var s${j}_${k} = 0.0; var p${j}_${k} = 0.0;`)).join("\n      ")}
      ${pairProducts(
        problem,
        variant,
        shared,
        {
          ...{ name: "sharedQuery", shared: "q", sharedAt: (r) => `q${r}` },
          ...{ own: "k", ownAt: (j) => `k${j}` },
        },
        {
          ...{ name: "sharedDy", shared: "dy", sharedAt: (r) => `dy${r}` },
          ...{ own: "v", ownAt: (j) => `v${j}` },
        },
      )}
      ${ks
        .flatMap((k) => [
          `let logarithm${k} = ${across("sharedLogarithm", k)};`,
          `let mean${k} = ${across("sharedMean", k)};`,
          ...js.flatMap((j) =>
            differentiate(
              problem,
              { score: `s${j}_${k}`, product: `p${j}_${k}` },
              { logarithm: `logarithm${k}`, mean: `mean${k}` },
              `first + ${k}u >= start${j} && first + ${k}u < ${queries}u`,
            ),
          ),
        ])
        .join("\n      ")}
      ${everyFeature(problem, [
        ...loads.flatMap((r) => [
          `let sharedQuery${r} = ${featureOf(problem, "q", `q${r}`)};`,
          `let sharedDy${r} = ${featureOf(problem, "dy", `dy${r}`)};`,
        ]),
        ...js.flatMap((j) => [`var dk${j} = ${sum(0, j)};`, `var dv${j} = ${sum(1, j)};`]),
        ...ks.flatMap((k) => [
          `let across${k} = ${across("sharedQuery", k)};`,
          `let beside${k} = ${across("sharedDy", k)};`,
          ...js.flatMap((j) => [
            `dk${j} = fma(across${k}, p${j}_${k}, dk${j});`,
            `dv${j} = fma(beside${k}, s${j}_${k}, dv${j});`,
          ]),
        ]),
        ...js.flatMap((j) => [`${sum(0, j)} = dk${j};`, `${sum(1, j)} = dv${j};`]),
      ])}
    }
  }
  ${everyFeature(
    problem,
    js.map((j) => {
      const to = `dkv${j} + ${times("f", dkv)}`;
      const dk = narrowed(dtype, 1, `${sum(0, j)} * ${literal(problem.scale)}`);
      const dv = narrowed(dtype, 1, sum(1, j));
      return guarded(
        [!exact && `u${j} < ${keys}u`],
        `dkv[${to}] = ${dk};
      dkv[${to} + ${keyValueHeads * headFeatures * dkv}u] = ${dv};`,
      );
    }),
  )}
}
`;
  return { wgsl, workgroups: grid };
}

/** WGSL for the first query that sees a key: none, one after the last, where the key does not count. */
function firstToSee({ causal, keys, queries }: AttentionGradientProblem, key: string): string {
  const offset = keys - queries;
  const causally = offset >= 0 ? `max(${key}, ${offset}u) - ${offset}u` : `${key} + ${-offset}u`;
  return `select(${queries}u, ${causal ? causally : "0u"}, ${key} < limit)`;
}
