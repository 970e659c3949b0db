import { stridesOf } from "@papilio/butterfly/numeric";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { clamped, enabledBy, range, storedType, times, wideType } from "../wgsl.ts";
import type { FactorGradientProblem } from "./problem.ts";
import { sliceWgsl } from "./slices.ts";
import { type BlocksFactorGradient, factorGradientName } from "./variant.ts";

/** Generates the kernel whose invocations run along the blocks. Bindings: x, dy, y. */
export function blocksFactorGradient(
  problem: FactorGradientProblem,
  variant: BlocksFactorGradient,
): Kernel {
  const { pattern, dtype, count, layout } = problem;
  const { a, b, c, d, rows, cols, nonZeros } = pattern;
  const { tile, spans, turn, vector, workgroup, parts } = variant;
  const batchLast = layout === "batch-last";
  // Neighbours of a load are neighbouring values of the gradient too.
  const width = batchLast ? 1 : vector;
  const inputTiles = Math.ceil(c / spans);
  const outputTiles = Math.ceil(b / tile);
  const lanes = (a * d) / width;
  const blockTiles = Math.ceil(lanes / workgroup);
  const tiles = inputTiles * outputTiles * blockTiles * parts;
  const grid = dispatchGrid(tiles);
  const exactInputs = c % spans === 0;
  const exactOutputs = b % tile === 0;
  const exactBlocks = lanes % workgroup === 0;

  const inputAt = (s: number): string => `inputTile * ${spans}u + ${s}u`;
  const outputAt = (t: number): string => `outputTile * ${tile}u + ${t}u`;

  /** Loads of an operand by each invocation for itself, batch-last of a turn, else of neighbouring blocks. */
  function loads(name: "x" | "dy", features: readonly string[]) {
    const [size, all] = name === "x" ? [c, cols] : [b, rows];
    const { vector: step, feature } = stridesOf(problem, all);
    const loaded = batchLast ? turn : width;
    const read = (at: number, u: number): string => {
      const place = `${name}At${at} + ${times(u === 0 ? "n" : `(n + ${u}u)`, step)}`;
      return `${wideType(loaded)}(${name}[${loaded === 1 ? place : `(${place}) / ${loaded}u`}])`;
    };
    return {
      width: loaded,
      locate: features.map(
        (index, at) =>
          `let ${name}At${at} = ${times(`(i * ${size}u + ${index}) * ${d}u + k`, feature)};`,
      ),
      load: range(batchLast ? 1 : turn).flatMap((u) =>
        features.map((_, at) => `let ${name}${at}_${u} = ${read(at, u)};`),
      ),
      value: (at: number, u: number): string => {
        if (!batchLast) return `${name}${at}_${u}`;
        return turn === 1 ? `${name}${at}_0` : `${name}${at}_0[${u}]`;
      },
    };
  }
  const x = loads(
    "x",
    range(spans).map((s) => clamped(inputAt(s), c, exactInputs)),
  );
  const dy = loads(
    "dy",
    range(tile).map((t) => clamped(outputAt(t), b, exactOutputs)),
  );
  const values = range(tile).flatMap((t) => range(spans).map((s) => ({ t, s })));
  const type = wideType(width);
  const wgsl = `@compute @workgroup_size(${workgroup})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  ${tileIndexWgsl(grid, tiles)}
  let inputTile = tile % ${inputTiles}u;
  let outputTile = (tile / ${inputTiles}u) % ${outputTiles}u;
  let blockTile = (tile / ${inputTiles * outputTiles}u) % ${blockTiles}u;
  ${parts === 1 ? "" : `let part = tile / ${inputTiles * outputTiles * blockTiles}u;`}
  let own = blockTile * ${workgroup}u + lane;
  let block = ${times(clamped("own", lanes, exactBlocks), width)};
  let i = block / ${d}u;
  let k = block % ${d}u;
  ${sliceWgsl(count, parts, turn)}
  ${[...x.locate, ...dy.locate].join("\n  ")}
  ${values.map(({ t, s }) => `var sum${t}_${s} = ${type}();`).join("\n  ")}
  for (var n = start; n < end; n += ${turn}u) {
    ${[...x.load, ...dy.load].join("\n    ")}
    ${range(turn)
      .flatMap((u) =>
        values.map(
          ({ t, s }) => `sum${t}_${s} = fma(${dy.value(t, u)}, ${x.value(s, u)}, sum${t}_${s});`,
        ),
      )
      .join("\n    ")}
  }
  ${values
    .map(({ t, s }) => {
      const at = `((i * ${b}u + ${outputAt(t)}) * ${c}u + ${inputAt(s)}) * ${d}u + k`;
      const place = parts === 1 ? at : `part * ${nonZeros}u + ${at}`;
      return guarded(
        [
          !exactInputs && `${inputAt(s)} < ${c}u`,
          !exactOutputs && `${outputAt(t)} < ${b}u`,
          !exactBlocks && `own < ${lanes}u`,
        ],
        `y[${width === 1 ? place : `(${place}) / ${width}u`}] = sum${t}_${s};`,
      );
    })
    .join("\n  ")}
}
`;
  return {
    label: `factor-gradient ${pattern} ${factorGradientName(variant)}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "x", elements: storedType(dtype, x.width), access: "read" },
      { name: "dy", elements: storedType(dtype, dy.width), access: "read" },
      { name: "y", elements: type, access: "read-write" },
    ],
    wgsl,
    workgroups: grid,
  };
}
