import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../program/kernel.ts";
import { literal } from "../activation.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { enabledBy, narrowed, opaque, range, times } from "../wgsl.ts";
import {
  type AttentionProblem,
  attentionBindings,
  attentionStrides,
  headAt,
  keyValueHead,
  keyVector,
  limitWgsl,
  visibleTo,
} from "./problem.ts";
import type { RegisterAttention } from "./variant.ts";

/** Below all scores, and far enough from the end of float32 that differences stay finite. */
const LOWEST = "-1e38";

/**
 * Generates attention with the scores of a tile of keys in registers and an online softmax over the
 * tiles (Milakov and Gimelshein, arXiv 1805.02867; tiles as in FlashAttention, arXiv 2205.14135).
 */
export function registerAttention(problem: AttentionProblem, variant: RegisterAttention): Kernel {
  const { sequences, queries, heads, headFeatures, scale, dtype, causal } = problem;
  const { queries: each, keys: span, workgroup, broadcast } = variant;
  const stride = attentionStrides(problem);
  const perTile = workgroup * each;
  const queryTiles = Math.ceil(queries / perTile);
  const tiles = queryTiles * heads * sequences;
  const grid = dispatchGrid(tiles);
  const exact = queries % perTile === 0;
  const js = range(each);
  const ks = range(span);
  const loads = broadcast === "load" ? span : Math.ceil(span / broadcast);
  const rs = range(loads);
  /** Key of load `r`, relative to the tile. */
  const mine = (r: number): string =>
    broadcast === "load" ? `first + ${r}u` : `first + ${r * broadcast}u + member`;
  const sharedNumber = (key: number): string =>
    broadcast === "load"
      ? `shared${key}`
      : `subgroupBroadcast(shared${Math.floor(key / broadcast)}, ${key % broadcast}u)`;
  const sum = (j: number, f: string): string =>
    variant.sums === "private"
      ? `sums[${times(f, each)} + ${j}u]`
      : `sums[(${times(f, each)} + ${j}u) * ${workgroup}u + lane]`;
  const everyFeature = (body: string[]): string =>
    `for (var f = 0u; f < ${opaque(headFeatures)}; f++) {
      ${body.join("\n      ")}
    }`;
  const lines = (statements: string[], indent = 4): string =>
    statements.join(`\n${" ".repeat(indent)}`);
  const reduced = (operator: string, terms: string[]): string =>
    terms.reduce((all, term) => `${operator}(${all}, ${term})`);

  const wgsl = `var<${variant.sums}> sums: array<f32, ${headFeatures * each * (variant.sums === "private" ? 1 : workgroup)}>;

@compute @workgroup_size(${workgroup})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
  ${broadcast === "load" ? "" : "@builtin(subgroup_invocation_id) member: u32,"}
) {
  ${tileIndexWgsl(grid, tiles)}
  let firstQuery = (tile % ${queryTiles}u) * ${perTile}u;
  let head = (tile / ${queryTiles}u) % ${heads}u;
  let sequence = tile / ${queryTiles * heads}u;
  ${limitWgsl(problem)}
  let end = ${visibleTo(problem, `${exact ? `firstQuery + ${perTile - 1}u` : `min(firstQuery + ${perTile - 1}u, ${queries - 1}u)`}`)};
  ${lines(
    js.flatMap((j) => [
      `let t${j} = firstQuery + ${j * workgroup}u + lane;`,
      `let n${j} = sequence * ${queries}u + ${exact ? `t${j}` : `min(t${j}, ${queries - 1}u)`};`,
      `let q${j} = ${headAt(problem, stride.q, `n${j}`, "head")};`,
      `let end${j} = ${causal ? visibleTo(problem, `t${j}`) : "end"};`,
      `var highest${j} = ${LOWEST};`,
      `var total${j} = 0.0;`,
    ]),
    2,
  )}
  ${everyFeature(js.map((j) => `${sum(j, "f")} = 0.0;`))}
  for (var first = 0u; first < end; first += ${span}u) {
    ${lines(rs.map((r) => `let key${r} = ${headAt(problem, stride.k, keyVector(problem, mine(r)), keyValueHead(problem))};`))}
    ${lines(js.flatMap((j) => ks.map((k) => `var s${j}_${k} = 0.0;`)))}
    ${everyFeature([
      ...rs.map((r) => `let shared${r} = f32(k[key${r} + ${times("f", stride.k.feature)}]);`),
      ...js.map((j) => `let x${j} = f32(q[q${j} + ${times("f", stride.q.feature)}]);`),
      ...ks.flatMap((k) => [
        `let across${k} = ${sharedNumber(k)};`,
        ...js.map((j) => `s${j}_${k} = fma(across${k}, x${j}, s${j}_${k});`),
      ]),
    ])}
    ${lines(
      js.flatMap((j) => [
        ...ks.map(
          (k) =>
            `s${j}_${k} = select(${LOWEST}, s${j}_${k} * ${literal(scale * Math.LOG2E)}, first + ${k}u < end${j});`,
        ),
        `let new${j} = ${reduced("max", [`highest${j}`, ...ks.map((k) => `s${j}_${k}`)])};`,
        `let keep${j} = exp2(highest${j} - new${j});`,
        `highest${j} = new${j};`,
        ...ks.map(
          (k) => `s${j}_${k} = select(0.0, exp2(s${j}_${k} - new${j}), first + ${k}u < end${j});`,
        ),
        `total${j} = total${j} * keep${j} + (${ks.map((k) => `s${j}_${k}`).join(" + ")});`,
      ]),
    )}
    ${lines(rs.map((r) => `let value${r} = ${headAt(problem, stride.v, keyVector(problem, mine(r)), keyValueHead(problem))};`))}
    ${everyFeature([
      ...rs.map(
        (r) =>
          `let shared${r} = select(0.0, f32(v[value${r} + ${times("f", stride.v.feature)}]), ${mine(r)} < limit);`,
      ),
      ...js.map((j) => `var z${j} = ${sum(j, "f")} * keep${j};`),
      ...ks.flatMap((k) => [
        `let across${k} = ${sharedNumber(k)};`,
        ...js.map((j) => `z${j} = fma(across${k}, s${j}_${k}, z${j});`),
      ]),
      ...js.map((j) => `${sum(j, "f")} = z${j};`),
    ])}
  }
  ${lines(
    js.flatMap((j) => [
      `let over${j} = select(0.0, 1.0 / total${j}, total${j} > 0.0);`,
      `let y${j} = ${headAt(problem, stride.y, `n${j}`, "head")};`,
    ]),
    2,
  )}
  ${everyFeature(
    js.map((j) =>
      guarded(
        [!exact && `t${j} < ${queries}u`],
        `y[y${j} + ${times("f", stride.y.feature)}] = ${narrowed(dtype, 1, `${sum(j, "f")} * over${j}`)};`,
      ),
    ),
  )}
}
`;
  return {
    label: `attention ${sequences}x${heads}x${queries}x${problem.keys}x${headFeatures}`,
    enables: [...enabledBy(dtype), ...(broadcast === "load" ? [] : ["subgroups" as const])],
    bindings: attentionBindings(problem),
    wgsl,
    workgroups: grid,
  };
}
