import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { largerWgsl } from "../not-a-number.ts";
import { clamped, narrowed, opaque, range, times } from "../wgsl.ts";
import { LOWEST, score, shareOf, weigh } from "./online-softmax.ts";
import { type AttentionProblem, attentionStrides } from "./problem.ts";
import type { KeysAttention } from "./variant.ts";
import { headAt, keyVector, limitWgsl, visibleTo } from "./visibility.ts";

/** Workgroup memory that a variant takes, in bytes. */
export function keysBytes(
  { headFeatures }: Pick<AttentionProblem, "headFeatures">,
  { queries, workgroup }: KeysAttention,
): number {
  return 4 * workgroup * queries * (headFeatures + 1);
}

/**
 * Generates attention for few queries, such as the next token's: invocations run along the keys. Each
 * has an online softmax of its own, and they are merged at the end, as the partial results of
 * Flash-Decoding are. A row is a query of one of the heads that share keys, so that every key is read
 * once for all of them.
 */
export function keysAttention(
  problem: AttentionProblem,
  variant: KeysAttention,
): Omit<Kernel, "label" | "bindings"> {
  const { sequences, queries, heads, keyValueHeads, headFeatures, dtype, causal } = problem;
  const { queries: each, keys: span, workgroup } = variant;
  const stride = attentionStrides(problem);
  const sharing = heads / keyValueHeads;
  const rows = sharing * queries;
  const rowTiles = Math.ceil(rows / each);
  const tiles = rowTiles * keyValueHeads * sequences;
  const grid = dispatchGrid(tiles);
  const exact = rows % each === 0;
  const js = range(each);
  const ks = range(span);
  // In workgroup memory though each has its own: it is faster to compile than private memory, which
  // drivers clear number by number.
  const sum = (j: number): string => `sums[(${times("f", each)} + ${j}u) * ${workgroup}u + lane]`;
  const at = (operand: keyof typeof stride): string => times("f", stride[operand].feature);
  const everyFeature = (body: readonly string[]): string =>
    `for (var f = 0u; f < ${opaque(headFeatures)}; f++) {
      ${body.join("\n      ")}
    }`;
  const count = headFeatures * each;
  /** Joins a number of each row, from all invocations. */
  const reduce = (
    name: string,
    own: (j: number) => string,
    start: string,
    joined: (all: string, other: string) => string,
  ): string =>
    `${js.map((j) => `met[${j * workgroup}u + lane] = ${own(j)};`).join("\n  ")}
  workgroupBarrier();
  ${js.map((j) => `var ${name}${j} = ${start};`).join("\n  ")}
  for (var other = 0u; other < ${opaque(workgroup)}; other++) {
    ${js
      .map((j) => {
        const met = `met[${j * workgroup}u + other]`;
        return `${name}${j} = ${joined(`${name}${j}`, met)};`;
      })
      .join("\n    ")}
  }
  workgroupBarrier();`;
  /** Defines where a row is: its query, its head, its vector. */
  const locateRow = (suffix: string | number, row: string): string[] => [
    `let row${suffix} = ${row};`,
    `let t${suffix} = ${queries === 1 ? "0u" : `row${suffix} % ${queries}u`};`,
    `let head${suffix} = ${times("sharedHead", sharing)} + row${suffix}${queries === 1 ? "" : ` / ${queries}u`};`,
    `let n${suffix} = sequence * ${queries}u + t${suffix};`,
  ];

  const wgsl = `var<workgroup> sums: array<f32, ${count * workgroup}>;
var<workgroup> met: array<f32, ${each * workgroup}>;

@compute @workgroup_size(${workgroup})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${tileIndexWgsl(grid, tiles)}
  let firstRow = (tile % ${rowTiles}u) * ${each}u;
  let sharedHead = (tile / ${rowTiles}u) % ${keyValueHeads}u;
  let sequence = tile / ${rowTiles * keyValueHeads}u;
  ${limitWgsl(problem)}
  ${js
    .flatMap((j) => [
      ...locateRow(j, clamped(`firstRow + ${j}u`, rows, exact)),
      `let q${j} = ${headAt(problem, stride.q, `n${j}`, `head${j}`)};`,
      `let end${j} = ${causal ? visibleTo(problem, `t${j}`) : "limit"};`,
      `var highest${j} = ${LOWEST};`,
      `var total${j} = 0.0;`,
    ])
    .join("\n  ")}
  for (var first = 0u; first < limit; first += ${span * workgroup}u) {
    ${ks
      .flatMap((k) => [
        `let u${k} = first + ${k * workgroup}u + lane;`,
        `let vector${k} = ${keyVector(problem, `u${k}`)};`,
        `let key${k} = ${headAt(problem, stride.k, `vector${k}`, "sharedHead")};`,
        `let value${k} = ${headAt(problem, stride.v, `vector${k}`, "sharedHead")};`,
      ])
      .join("\n    ")}
    ${js.flatMap((j) => ks.map((k) => `var s${j}_${k} = 0.0;`)).join("\n    ")}
    ${everyFeature([
      ...js.map((j) => `let x${j} = f32(q[q${j} + ${at("q")}]);`),
      ...ks.flatMap((k) => [
        `let z${k} = f32(k[key${k} + ${at("k")}]);`,
        ...js.map((j) => `s${j}_${k} = fma(x${j}, z${k}, s${j}_${k});`),
      ]),
    ])}
    ${js
      .flatMap((j) => {
        const scores = ks.map((k) => `s${j}_${k}`);
        const seen = ks.map((k) => `u${k} < end${j}`);
        return [
          ...score(problem, `peak${j}`, `highest${j}`, scores, seen),
          ...weigh(j, `peak${j}`, scores, seen),
        ];
      })
      .join("\n    ")}
    ${everyFeature([
      ...js.map((j) => `var z${j} = ${sum(j)} * keep${j};`),
      ...ks.flatMap((k) => [
        // Past the limit there may be anything, NaN included, which no weight makes zero.
        `let x${k} = select(0.0, f32(v[value${k} + ${at("v")}]), u${k} < limit);`,
        ...js.map((j) => `z${j} = fma(s${j}_${k}, x${k}, z${j});`),
      ]),
      ...js.map((j) => `${sum(j)} = z${j};`),
    ])}
  }
  ${reduce(
    "peak",
    (j) => `highest${j}`,
    LOWEST,
    (all, other) => largerWgsl(all, other, 1),
  )}
  ${js.map((j) => `let keep${j} = exp2(highest${j} - peak${j});`).join("\n  ")}
  ${reduce(
    "all",
    (j) => `total${j} * keep${j}`,
    "0.0",
    (all, other) => `${all} + ${other}`,
  )}
  ${js.map((j) => `let share${j} = keep${j} * ${shareOf(`all${j}`, `peak${j}`, `end${j}`)};`).join("\n  ")}
  ${everyFeature(js.map((j) => `${sum(j)} *= share${j};`))}
  workgroupBarrier();
  for (var index = lane; index < ${opaque(count)}; index += ${workgroup}u) {
    var sum = 0.0;
    for (var other = 0u; other < ${opaque(workgroup)}; other++) {
      // Each starts elsewhere, so that they read from different banks.
      sum += sums[index * ${workgroup}u + (other + lane) % ${workgroup}u];
    }
    let f = index / ${each}u;
    ${locateRow("", `firstRow + index % ${each}u`).join("\n    ")}
    ${guarded(
      [!exact && `row < ${rows}u`],
      `y[${headAt(problem, stride.y, "n", "head")} + ${at("y")}] = ${narrowed(dtype, 1, "sum")};`,
    )}
  }
}
`;
  return { enables: [], wgsl, workgroups: grid };
}
