import { type Strides, stridesOf } from "@papilio/butterfly/numeric";
import { storeWgsl } from "../epilogue.ts";
import { clamped, range, times, wideType } from "../wgsl.ts";
import { weightsInOrder, weightsInOrderOf } from "./batch-weights.ts";
import { biases, guarded, type Lanes, type LanesInput } from "./lanes.ts";

/**
 * Invocations run along the batch; the weights of a workgroup are the same for all of them.
 * Weights are packed `[block][tile of outputs][c][tile]`, so that they are read as one stream, or as
 * another variant has them.
 */
export function batchLanes(lanes: LanesInput): Lanes {
  const { problem, variant, blocks, inputFeatures } = lanes;
  const { pattern, batch, packing } = problem;
  const { vector, spans, tile, workgroup } = variant;
  const { b, c, d } = pattern;
  const x = stridesOf(problem, inputFeatures);
  const y = stridesOf(problem, pattern.rows);
  const columns = batch / vector;
  const perWorkgroup = workgroup * spans;
  const columnTiles = Math.ceil(columns / perWorkgroup);
  const outputTiles = Math.ceil(b / tile);
  const exactColumns = columns % perWorkgroup === 0;
  const exactOutputs = b % tile === 0;

  const weights = packing === undefined ? weightsInOrder(lanes) : weightsInOrderOf(packing, lanes);
  const widths = { x: vector, w: weights.width, y: vector };
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
      ...weights.enter,
    ],
    along: (s, u) => `${wideType(vector)}(x[${at(`input + ${u * d}u`, x, `read${s}`)}])`,
    ...(weights.loads && { loads: weights.loads }),
    across: weights.across,
    ...(weights.shared && { shared: weights.shared }),
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
