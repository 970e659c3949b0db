import { storedPattern, UNSHARED } from "@papilio/butterfly/matrix";
import { type Strides, stridesOf } from "@papilio/butterfly/numeric";
import { storeWgsl } from "../epilogue.ts";
import { clamped, range, storedBlock, times, wideType } from "../wgsl.ts";
import { biases, guarded, type Lanes, type LanesInput } from "./lanes.ts";

/**
 * Invocations run along the `a * d` blocks, whose elements are contiguous along `d` when
 * batch-first. Both operands differ from one invocation to the next: made for small blocks, where
 * there is little to share. Weights are packed `[b][c][block]`.
 */
export function blocksLanes({ problem, variant, blocks, inputFeatures }: LanesInput): Lanes {
  const { pattern, batch, sharing } = problem;
  const { vector, spans, tile, workgroup } = variant;
  const { b, c, d } = pattern;
  const x = stridesOf(problem, inputFeatures);
  const y = stridesOf(problem, pattern.rows);
  const perRow = blocks / vector;
  const blockTiles = Math.ceil(perRow / workgroup);
  const outputTiles = Math.ceil(b / tile);
  const rowTiles = Math.ceil(batch / spans);
  const exactBlocks = perRow % workgroup === 0;
  const exactOutputs = b % tile === 0;
  const exactRows = batch % spans === 0;
  // Neighbours along d read neighbouring weights, or all the same one.
  const wWidth = sharing?.d ? 1 : vector;
  const widths = { x: vector, w: wWidth, y: vector };
  const storedSlots = storedPattern(pattern, sharing ?? UNSHARED).blocks / wWidth;
  const weightSlot = storedBlock(pattern, sharing, {
    block: "slot",
    i: "group_i",
    k: vector === 1 ? "group_k" : `(group_k / ${vector}u)`,
  });
  const at = (row: string, stride: Strides, feature: string): string => {
    const index = `${times(row, stride.vector)} + ${times(feature, stride.feature)}`;
    return vector === 1 ? index : `(${index}) / ${vector}u`;
  };

  return {
    tiles: blockTiles * outputTiles * rowTiles,
    widths,
    locate: [
      `let blockTile = tile % ${blockTiles}u;`,
      `let outputTile = (tile / ${blockTiles}u) % ${outputTiles}u;`,
      `let rowTile = tile / ${blockTiles * outputTiles}u;`,
      `let position = blockTile * ${workgroup}u + lane;`,
      `let slot = ${clamped("position", perRow, exactBlocks)};`,
      `let block = ${times("slot", vector)};`,
      ...range(spans).map(
        (s) => `let row${s} = ${clamped(`rowTile * ${spans}u + ${s}u`, batch, exactRows)};`,
      ),
      ...range(tile).map(
        (t) => `let output${t} = ${clamped(`outputTile * ${tile}u + ${t}u`, b, exactOutputs)};`,
      ),
    ],
    enter: [
      `let group_i = block / ${d}u;`,
      `let group_k = block % ${d}u;`,
      `let first = group_i * ${c * d}u + group_k;`,
    ],
    along: (s, u) => `${wideType(vector)}(x[${at(`row${s}`, x, `input + ${u * d}u`)}])`,
    across: (t, u) =>
      splat(
        vector,
        wWidth,
        `w[(output${t} * ${c}u + l + ${u}u) * ${storedSlots}u + ${weightSlot}]`,
      ),
    bias: (t) =>
      biases(range(vector).map((e) => `(group_i * ${b}u + output${t}) * ${d}u + group_k + ${e}u`)),
    store: (t, s) =>
      guarded(
        [
          !exactBlocks && `position < ${perRow}u`,
          !exactOutputs && `outputTile * ${tile}u + ${t}u < ${b}u`,
          !exactRows && `rowTile * ${spans}u + ${s}u < ${batch}u`,
        ],
        storeWgsl(
          problem,
          widths,
          at(`row${s}`, y, `(group_i * ${b}u + output${t}) * ${d}u + group_k`),
          `sum${t}_${s}`,
        ),
      ),
  };
}

/** WGSL that widens a load of `width` elements to a vector in float32. */
function splat(vector: number, width: number, load: string): string {
  return vector === width ? `${wideType(vector)}(${load})` : `${wideType(vector)}(f32(${load}))`;
}
