import { clamped, range, times, wideType } from "../../program/wgsl.ts";
import { guarded, type Lanes, type LanesInput, narrowed } from "./lanes.ts";
import { strides } from "./problem.ts";

/**
 * Invocations run along the `b` outputs of one block; the inputs of a workgroup, `tile` batch rows
 * of them, are the same for all. Weights are packed `[block][c][b]`, `b` padded to whole loads.
 */
export function outputsLanes({ problem, variant, blocks, inputFeatures }: LanesInput): Lanes {
  const { pattern, batch, dtype } = problem;
  const { vector, spans, tile, reduction, workgroup, broadcast } = variant;
  const { b, c, d } = pattern;
  const x = strides(problem, inputFeatures);
  const y = strides(problem, pattern.rows);
  const outputs = Math.ceil(b / vector);
  const perWorkgroup = workgroup * spans;
  const outputTiles = Math.ceil(outputs / perWorkgroup);
  const rowTiles = Math.ceil(batch / tile);
  const exactOutputs = outputs % perWorkgroup === 0;
  const exactRows = batch % tile === 0;
  // Outputs of a block are `d` features apart, so that they are contiguous only where d = 1.
  const wholeStore = y.feature === 1 && d === 1 && b % vector === 0;
  const loads = broadcast === "load" ? 0 : Math.ceil((reduction * tile) / broadcast);

  return {
    tiles: outputTiles * rowTiles * blocks,
    widths: { x: 1, w: vector, y: wholeStore ? vector : 1 },
    locate: [
      `let outputTile = tile % ${outputTiles}u;`,
      // Blocks before rows: the blocks of one super-block read the same cache lines of x when
      // they are interleaved (d > 1); otherwise a block's weights are reused over the rows.
      ...(d > 1
        ? [
            `let block = (tile / ${outputTiles}u) % ${blocks}u;`,
            `let rowTile = tile / ${outputTiles * blocks}u;`,
          ]
        : [
            `let rowTile = (tile / ${outputTiles}u) % ${rowTiles}u;`,
            `let block = tile / ${outputTiles * rowTiles}u;`,
          ]),
      `let group_i = block / ${d}u;`,
      `let group_k = block % ${d}u;`,
      `let first = group_i * ${c * d}u + group_k;`,
      `let weights = block * ${c * outputs}u;`,
      ...range(spans).map(
        (s) => `let output${s} = outputTile * ${perWorkgroup}u + ${s * workgroup}u + lane;`,
      ),
      ...range(spans).map(
        (s) => `let read${s} = weights + ${clamped(`output${s}`, outputs, exactOutputs)};`,
      ),
      ...range(loads).flatMap((r) => [
        `let member${r} = member + ${r * Number(broadcast)}u;`,
        `let memberRow${r} = ${clamped(`rowTile * ${tile}u + member${r} % ${tile}u`, batch, exactRows)};`,
        `let memberStep${r} = min(member${r} / ${tile}u, ${reduction - 1}u) * ${d}u;`,
      ]),
    ],
    along: (s, u) =>
      `${wideType(vector)}(w[read${s} + ${times(`l + ${u}u`, outputs)}])`,
    across: (t, u) => {
      const row = clamped(`rowTile * ${tile}u + ${t}u`, batch, exactRows);
      return `f32(x[${times(row, x.batch)} + ${times(`input + ${u * d}u`, x.feature)}])`;
    },
    ...(broadcast === "load"
      ? {}
      : {
          shared: {
            loads: range(loads).map(
              (r) =>
                `let shared${r} = f32(x[${times(`memberRow${r}`, x.batch)} + ${times(`input + memberStep${r}`, x.feature)}]);`,
            ),
            across: (t, u) => {
              const element = u * tile + t;
              return `subgroupBroadcast(shared${Math.floor(element / broadcast)}, ${element % broadcast}u)`;
            },
          },
        }),
    store: (t, s) => {
      const row = `rowTile * ${tile}u + ${t}u`;
      const at = (output: string): string =>
        `${times(row, y.batch)} + ${times(`(group_i * ${b}u + ${output}) * ${d}u + group_k`, y.feature)}`;
      const rowGuard = !exactRows && `${row} < ${batch}u`;
      if (wholeStore) {
        return guarded(
          [rowGuard, !exactOutputs && `output${s} < ${outputs}u`],
          `y[(${at(times(`output${s}`, vector))})${vector === 1 ? "" : ` / ${vector}u`}] = ${narrowed(dtype, vector, `sum${t}_${s}`)};`,
        );
      }
      return guarded(
        [rowGuard],
        range(vector)
          .map((e) => {
            const output = `(${times(`output${s}`, vector)} + ${e}u)`;
            const value = vector === 1 ? `sum${t}_${s}` : `sum${t}_${s}[${e}]`;
            return guarded(
              [(!exactOutputs || b % vector !== 0) && `${output} < ${b}u`],
              `y[${at(output)}] = ${narrowed(dtype, 1, value)};`,
            );
          })
          .join(" "),
      );
    },
  };
}
