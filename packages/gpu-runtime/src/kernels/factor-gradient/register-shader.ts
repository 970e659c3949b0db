import { stridesOf } from "@papilio/butterfly/numeric";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { guarded } from "../kronecker-sparse/lanes.ts";
import { clamped, enabledBy, range, storedType, times, wideType } from "../wgsl.ts";
import { type OperandLoads, operandLoads, sharedLoadsOf } from "./operand-loads.ts";
import type { FactorGradientProblem } from "./problem.ts";
import { sliceWgsl } from "./slices.ts";
import { factorGradientName, type RegisterFactorGradient } from "./variant.ts";

/** Generates the register-blocked kernel. Bindings: x, dy, y. */
export function registerFactorGradient(
  problem: FactorGradientProblem,
  variant: RegisterFactorGradient,
): Kernel {
  const { pattern, dtype, count, layout } = problem;
  const { a, b, c, d, rows, cols, nonZeros } = pattern;
  const { lanes, tile, spans, turn, vector, broadcast, workgroup, parts } = variant;
  const batchLast = layout === "batch-last";
  const alongBlocks = lanes === "blocks";
  // Of blocks, neighbours of a load are neighbouring values of the gradient too.
  const width = alongBlocks && !batchLast ? vector : 1;
  const features = alongBlocks || batchLast ? 1 : vector;
  const [alongSize, acrossSize] = lanes === "outputs" ? [b, c] : [c, b];
  const perTile = alongBlocks ? spans : workgroup * spans;
  const alongTiles = Math.ceil(alongSize / perTile);
  const acrossTiles = Math.ceil(acrossSize / tile);
  const lanesOfBlocks = (a * d) / width;
  const blockTiles = alongBlocks ? Math.ceil(lanesOfBlocks / workgroup) : a * d;
  const tiles = alongTiles * acrossTiles * blockTiles * parts;
  const grid = dispatchGrid(tiles);
  const exactAlong = alongSize % perTile === 0;
  const exactAcross = acrossSize % tile === 0;
  const exactBlocks = !alongBlocks || lanesOfBlocks % workgroup === 0;

  const alongAt = (s: number): string =>
    alongBlocks
      ? `alongTile * ${spans}u + ${s}u`
      : `alongTile * ${perTile}u + ${Math.floor(s / features) * workgroup * features}u + ${times("lane", features)} + ${s % features}u`;
  const acrossAt = (t: string): string => `acrossTile * ${tile}u + ${t}`;
  const [alongName, acrossName] = lanes === "outputs" ? ["dy", "x"] : ["x", "dy"];
  const operand = (name: "x" | "dy") => ({
    name,
    strides: stridesOf(problem, name === "x" ? cols : rows),
    batchLast,
    turn,
    feature: (index: string) => `(i * ${name === "x" ? c : b}u + ${index}) * ${d}u + k`,
  });
  const along: OperandLoads = operandLoads(
    operand(alongName as "x" | "dy"),
    range(spans / features).map((s) => clampedRun(alongAt(s * features))),
    { features, blocks: width },
  );
  const across: OperandLoads =
    broadcast === "load"
      ? operandLoads(
          operand(acrossName as "x" | "dy"),
          range(tile).map((t) => clamped(acrossAt(`${t}u`), acrossSize, exactAcross)),
          { features: 1, blocks: width },
        )
      : sharedLoadsOf(
          operand(acrossName as "x" | "dy"),
          range(Math.ceil(tile / broadcast)).map((g) =>
            clamped(
              acrossAt(clamped(`${g * broadcast}u + member`, tile, tile % broadcast === 0)),
              acrossSize,
              exactAcross,
            ),
          ),
          broadcast,
        );

  /** The first of a run of features that are read together: a run lies within the block or outside of it. */
  function clampedRun(at: string): string {
    return exactAlong ? at : `min(${at}, ${alongSize - features}u)`;
  }

  const widthOf = (name: string): number =>
    batchLast ? turn : alongBlocks ? width : name === alongName ? features : 1;
  const type = wideType(width);
  const wgsl = `@compute @workgroup_size(${workgroup})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
  ${broadcast === "load" ? "" : "@builtin(subgroup_invocation_id) member: u32,"}
) {
  ${tileIndexWgsl(grid, tiles)}
  let alongTile = tile % ${alongTiles}u;
  let acrossTile = (tile / ${alongTiles}u) % ${acrossTiles}u;
  let blockTile = (tile / ${alongTiles * acrossTiles}u) % ${blockTiles}u;
  ${parts === 1 ? "" : `let part = tile / ${alongTiles * acrossTiles * blockTiles}u;`}
  ${alongBlocks ? `let own = blockTile * ${workgroup}u + lane;` : ""}
  let block = ${alongBlocks ? times(clamped("own", lanesOfBlocks, exactBlocks), width) : "blockTile"};
  let i = block / ${d}u;
  let k = block % ${d}u;
  ${sliceWgsl(count, parts, turn)}
  ${[...along.locate, ...across.locate].join("\n  ")}
  ${range(tile)
    .flatMap((t) => range(spans).map((s) => `var sum${t}_${s} = ${type}();`))
    .join("\n  ")}
  for (var n = start; n < end; n += ${turn}u) {
    ${[...along.load, ...across.load].join("\n    ")}
    ${range(turn)
      .flatMap((u) =>
        range(tile).flatMap((t) =>
          range(spans).map(
            (s) => `sum${t}_${s} = fma(${across.value(t, u)}, ${along.value(s, u)}, sum${t}_${s});`,
          ),
        ),
      )
      .join("\n    ")}
  }
  ${range(tile)
    .flatMap((t) =>
      range(spans).map((s) => {
        const [one, other] = [alongAt(s), acrossAt(`${t}u`)];
        const [j, l] = lanes === "outputs" ? [one, other] : [other, one];
        const at = `((i * ${b}u + ${j}) * ${c}u + ${l}) * ${d}u + k`;
        const place = parts === 1 ? at : `part * ${nonZeros}u + ${at}`;
        return guarded(
          [
            !exactAlong && `${one} < ${alongSize}u`,
            !exactAcross && `${other} < ${acrossSize}u`,
            !exactBlocks && `own < ${lanesOfBlocks}u`,
          ],
          `y[${width === 1 ? place : `(${place}) / ${width}u`}] = sum${t}_${s};`,
        );
      }),
    )
    .join("\n  ")}
}
`;
  return {
    label: `factor-gradient ${pattern} ${factorGradientName(variant)}`,
    enables: [...enabledBy(dtype), ...(broadcast === "load" ? [] : ["subgroups" as const])],
    bindings: [
      { name: "x", elements: storedType(dtype, widthOf("x")), access: "read" },
      { name: "dy", elements: storedType(dtype, widthOf("dy")), access: "read" },
      { name: "y", elements: type, access: "read-write" },
    ],
    wgsl,
    workgroups: grid,
  };
}
