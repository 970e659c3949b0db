import { type Strides, stridesOf } from "@papilio/butterfly/numeric";
import { storeWgsl } from "../epilogue.ts";
import { clamped, loadWidth, range, storedBlock, times, wideType } from "../wgsl.ts";
import { biases, guarded, type Lanes, type LanesInput } from "./lanes.ts";

/**
 * Invocations run along the batch; the weights of a workgroup are the same for all of them.
 * Weights are packed `[block][tile of outputs][c][tile]`, so that they are read as one stream.
 */
export function batchLanes({ problem, variant, blocks, inputFeatures }: LanesInput): Lanes {
  const { pattern, batch, sharing } = problem;
  const { vector, spans, tile, reduction, workgroup, broadcast } = variant;
  const { b, c, d } = pattern;
  const x = stridesOf(problem, inputFeatures);
  const y = stridesOf(problem, pattern.rows);
  const columns = batch / vector;
  const perWorkgroup = workgroup * spans;
  const columnTiles = Math.ceil(columns / perWorkgroup);
  const outputTiles = Math.ceil(b / tile);
  const exactColumns = columns % perWorkgroup === 0;
  const exactOutputs = b % tile === 0;

  // A turn reads reduction * tile consecutive weights: by every invocation in loads as wide as
  // they can be, or by the members of a subgroup, each as much as it must.
  const perTurn = reduction * tile;
  const needed = broadcast === "load" ? 4 : Math.ceil(perTurn / broadcast);
  const wWidth = Math.min(loadWidth(tile), needed <= 1 ? 1 : needed <= 2 ? 2 : 4);
  const loads = broadcast === "load" ? 0 : Math.ceil(perTurn / (broadcast * wWidth));

  const widths = { x: vector, w: wWidth, y: vector };
  const at = (feature: string, stride: Strides, column: string): string =>
    `${times(feature, stride.feature / vector)} + ${times(column, stride.vector)}`;

  return {
    tiles: columnTiles * outputTiles * blocks,
    widths,
    locate: [
      `let columnTile = tile % ${columnTiles}u;`,
      `let outputTile = (tile / ${columnTiles}u) % ${outputTiles}u;`,
      `let block = tile / ${columnTiles * outputTiles}u;`,
      ...range(spans).map(
        (s) => `let column${s} = columnTile * ${perWorkgroup}u + ${s * workgroup}u + lane;`,
      ),
      ...range(spans).map((s) => `let read${s} = ${clamped(`column${s}`, columns, exactColumns)};`),
    ],
    enter: [
      `let group_i = block / ${d}u;`,
      `let group_k = block % ${d}u;`,
      `let first = group_i * ${c * d}u + group_k;`,
      `let weights = (${storedBlock(pattern, sharing, { block: "block", i: "group_i", k: "group_k" })} * ${outputTiles}u + outputTile) * ${(c * tile) / wWidth}u;`,
    ],
    along: (s, u) => `${wideType(vector)}(x[${at(`input + ${u * d}u`, x, `read${s}`)}])`,
    across: (t, u) => {
      const element = u * tile + t;
      const load = `w[weights + l * ${tile / wWidth}u + ${Math.floor(element / wWidth)}u]`;
      return `f32(${wWidth === 1 ? load : `${load}[${element % wWidth}]`})`;
    },
    ...(broadcast === "load"
      ? {}
      : {
          shared: {
            loads: range(loads).map((r) => {
              const last = perTurn / wWidth - 1;
              const member = r === 0 ? "member" : `member + ${r * broadcast}u`;
              const index = (r + 1) * broadcast - 1 > last ? `min(${member}, ${last}u)` : member;
              return `let shared${r} = ${wideType(wWidth)}(w[weights + l * ${tile / wWidth}u + ${index}]);`;
            }),
            across: (t, u) => {
              const element = u * tile + t;
              const load = Math.floor(element / wWidth);
              const value = `shared${Math.floor(load / broadcast)}${wWidth === 1 ? "" : `[${element % wWidth}]`}`;
              return `subgroupBroadcast(${value}, ${load % broadcast}u)`;
            },
          },
        }),
    bias: (t) => {
      const output = clamped(`outputTile * ${tile}u + ${t}u`, b, exactOutputs);
      return `${wideType(vector)}(${biases([`(group_i * ${b}u + ${output}) * ${d}u + group_k`])})`;
    },
    store: (t, s) => {
      const output = `outputTile * ${tile}u + ${t}u`;
      const feature = `(group_i * ${b}u + ${output}) * ${d}u + group_k`;
      return guarded(
        [!exactOutputs && `${output} < ${b}u`, !exactColumns && `column${s} < ${columns}u`],
        storeWgsl(problem, widths, at(feature, y, `column${s}`), `sum${t}_${s}`),
      );
    },
  };
}
